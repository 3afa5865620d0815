use salon::prelude::*;

enum NoSeat {
    Full,
}

#[derive(Deserialize, Event)]
#[event("sit", refuses = NoSeat)]
struct Sit;

fn main() {
    let _ = NoSeat::Full;
}

use salon::Event;

#[derive(Event)]
#[event("moved", drop = oldest, queue = "64")]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("moved", reply = u32, drop = oldest)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

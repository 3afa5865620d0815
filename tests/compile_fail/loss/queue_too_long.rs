use salon::Event;

#[derive(Event)]
#[event("moved", drop = oldest, queue = 10001)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

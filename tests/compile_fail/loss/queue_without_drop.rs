use salon::Event;

#[derive(Event)]
#[event("moved", queue = 64)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

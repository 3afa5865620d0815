use salon::Event;

#[derive(Event)]
#[event("moved", drop)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("moved", latest, drop = newest, queue = 8)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

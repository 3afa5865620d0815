use salon::Event;

#[derive(Event)]
#[event("moved", latest = bi)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

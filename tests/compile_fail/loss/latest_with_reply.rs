use salon::Event;

#[derive(Event)]
#[event("moved", latest = by, reply = u32)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

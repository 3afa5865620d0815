use salon::Event;

#[derive(Event)]
#[event("moved", throttle = "100ms")]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("moved", latest, throttle = 100)]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

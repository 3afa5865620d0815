use salon::Event;

#[derive(Event)]
#[event("moved", latest, throttle = "0ms")]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

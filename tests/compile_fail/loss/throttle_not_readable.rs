use salon::Event;

#[derive(Event)]
#[event("moved", latest, throttle = "5/s")]
struct Moved {
    by: String,
    to: u32,
}

fn main() {}

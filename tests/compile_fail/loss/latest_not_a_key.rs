use salon::Event;

#[derive(Event)]
#[event("moved", latest = to)]
struct Moved {
    by: String,
    to: f32,
}

fn main() {}

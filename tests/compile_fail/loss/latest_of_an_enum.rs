use salon::Event;

#[derive(Event)]
#[event("moved", latest = by)]
enum Moved {
    Left,
    Right,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("board:stroke", overflow = close, latest = by)]
struct Stroke {
    by: String,
    to: u32,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("board:stroke", overflow = lag)]
struct Stroke {
    by: String,
    to: u32,
}

fn main() {}

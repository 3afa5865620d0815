use salon::Event;

#[derive(Event)]
#[event("board:stroke", drop = oldest, overflow = close)]
struct Stroke {
    by: String,
    to: u32,
}

fn main() {}

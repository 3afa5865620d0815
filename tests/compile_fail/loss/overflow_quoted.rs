use salon::Event;

#[derive(Event)]
#[event("board:stroke", overflow = "close")]
struct Stroke {
    by: String,
    to: u32,
}

fn main() {}

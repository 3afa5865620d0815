use salon::Event;

#[derive(Event)]
#[event("lobby:move")]
enum Move {
    #[event("lobby:left")]
    Left,
    Right,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:move")]
enum Move {
    Left {
        #[event(volatile)]
        steps: u8,
    },
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event(lobby)]
struct Join {
    lobby: u64,
}

fn main() {}

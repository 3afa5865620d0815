use salon::Event;

#[derive(Event)]
#[event("lobby:join", + 5, volatile)]
struct Join {
    lobby: u64,
}

fn main() {}

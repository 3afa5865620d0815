use salon::Event;

#[derive(Event)]
#[event("lobby:join", guard = 5)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", guard)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", "lobby:enter")]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", permit = "lobby:*")]
struct Join {
    lobby: u64,
}

fn main() {}

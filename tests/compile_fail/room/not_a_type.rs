use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = 5)]
struct Join {
    lobby: u64,
}

fn main() {}

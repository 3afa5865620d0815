use salon::Event;

#[derive(Event)]
#[event("lobby:join", member)]
struct Join {
    lobby: u64,
}

fn main() {}

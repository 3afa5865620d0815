use salon::Event;

#[derive(Event)]
#[event("lobby:join", room)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", volatil)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", permit)]
struct Join {
    lobby: u64,
}

fn main() {}

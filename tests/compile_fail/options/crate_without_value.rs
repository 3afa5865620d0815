use salon::Event;

#[derive(Event)]
#[event("lobby:join", crate)]
struct Join {
    lobby: u64,
}

fn main() {}

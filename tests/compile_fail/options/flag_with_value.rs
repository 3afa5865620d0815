use salon::Event;

#[derive(Event)]
#[event("lobby:join", volatile = true)]
struct Join {
    lobby: u64,
}

fn main() {}

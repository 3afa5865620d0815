use salon::Event;

#[derive(Event)]
#[event("lobby:join", volatile(always))]
struct Join {
    lobby: u64,
}

fn main() {}

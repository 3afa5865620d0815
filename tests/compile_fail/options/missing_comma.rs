use salon::Event;

#[derive(Event)]
#[event("lobby:join", volatile rate = "5/s")]
struct Join {
    lobby: u64,
}

fn main() {}

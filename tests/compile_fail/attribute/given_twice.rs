use salon::Event;

#[derive(Event)]
#[event("lobby:join")]
#[event(volatile)]
struct Join {
    lobby: u64,
}

fn main() {}

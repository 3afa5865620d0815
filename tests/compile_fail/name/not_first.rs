use salon::Event;

#[derive(Event)]
#[event(volatile, "lobby:join")]
struct Join {
    lobby: u64,
}

fn main() {}

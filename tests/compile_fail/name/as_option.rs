use salon::Event;

#[derive(Event)]
#[event(name = "lobby:join", volatile)]
struct Join {
    lobby: u64,
}

fn main() {}

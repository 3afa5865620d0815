use salon::Event;

#[derive(Event)]
#[event("lobby:join"s)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join" volatile)]
struct Join {
    lobby: u64,
}

fn main() {}

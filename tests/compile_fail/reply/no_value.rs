use salon::Event;

#[derive(Event)]
#[event("lobby:join", reply)]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", permit = play)]
struct Join {
    lobby: u64,
}

fn main() {}

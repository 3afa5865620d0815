use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate)]
struct Join {
    lobby: u64,
}

fn main() {}

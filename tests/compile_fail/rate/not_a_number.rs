use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "five/s")]
struct Join {
    lobby: u64,
}

fn main() {}

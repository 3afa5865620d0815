use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "0/s")]
struct Join {
    lobby: u64,
}

fn main() {}

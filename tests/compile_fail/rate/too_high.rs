use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "5000000000/s")]
struct Join {
    lobby: u64,
}

fn main() {}

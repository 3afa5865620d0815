use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "5/m burst twice")]
struct Join {
    lobby: u64,
}

fn main() {}

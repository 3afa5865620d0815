use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "5/m burst")]
struct Join {
    lobby: u64,
}

fn main() {}

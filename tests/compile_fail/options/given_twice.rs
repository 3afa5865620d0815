use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "5/s", volatile, rate = "9/s")]
struct Join {
    lobby: u64,
}

fn main() {}

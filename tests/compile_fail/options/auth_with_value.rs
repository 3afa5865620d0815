use salon::Event;

#[derive(Event)]
#[event("lobby:join", auth = "user")]
struct Join {
    lobby: u64,
}

fn main() {}

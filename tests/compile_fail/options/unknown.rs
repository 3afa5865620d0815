use salon::Event;

#[derive(Event)]
#[event("lobby:join", throttle = "5/s")]
struct Join {
    lobby: u64,
}

fn main() {}

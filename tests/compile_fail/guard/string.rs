use salon::Event;

#[derive(Event)]
#[event("lobby:join", guard = "NotMuted")]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = "lobby")]
struct Join {
    lobby: u64,
}

fn main() {}

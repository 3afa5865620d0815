use salon::Event;

#[derive(Event)]
#[event("lobby:join", colour = "red")]
struct Join {
    lobby: u64,
}

fn main() {}

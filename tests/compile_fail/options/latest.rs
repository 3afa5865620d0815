use salon::Event;

#[derive(Event)]
#[event("lobby:join", latest)]
struct Join {
    lobby: u64,
}

fn main() {}

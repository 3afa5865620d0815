use salon::Event;

struct Kitchen;

#[derive(Event)]
#[event("lobby:join", room = Kitchen(lobby))]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", join)]
struct Join {
    lobby: u64,
}

fn main() {}

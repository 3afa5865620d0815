use salon::Event;

#[derive(Event)]
#[event("lobby:join")]
struct Join {
    #[event(key)]
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby join")]
struct Join {
    lobby: u64,
}

fn main() {}

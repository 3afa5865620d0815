use salon::Event;

#[derive(Event)]
#[event(b"lobby:join")]
struct Join {
    lobby: u64,
}

fn main() {}

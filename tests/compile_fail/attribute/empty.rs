use salon::Event;

#[derive(Event)]
#[event()]
struct Join {
    lobby: u64,
}

fn main() {}

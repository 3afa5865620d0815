use salon::Event;

#[derive(Event)]
#[event(volatile)]
struct Join {
    lobby: u64,
}

fn main() {}

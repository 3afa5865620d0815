use salon::Event;

#[derive(Event)]
#[event(7)]
struct Join {
    lobby: u64,
}

fn main() {}

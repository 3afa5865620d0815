use salon::Event;

#[derive(Event)]
#[event(name(join))]
struct Join {
    lobby: u64,
}

fn main() {}

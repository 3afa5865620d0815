use salon::Event;

#[derive(Event)]
struct Join {
    lobby: u64,
}

fn main() {}

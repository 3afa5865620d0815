use salon::Event;

#[derive(Event)]
#[event("disconnect")]
struct Join {
    lobby: u64,
}

fn main() {}

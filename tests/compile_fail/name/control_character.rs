use salon::Event;

#[derive(Event)]
#[event("lobby\u{7}join")]
struct Join {
    lobby: u64,
}

fn main() {}

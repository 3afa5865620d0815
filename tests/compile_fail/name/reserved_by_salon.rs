use salon::Event;

#[derive(Event)]
#[event("salon:refused")]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", crate = "my::salon")]
struct Join {
    lobby: u64,
}

fn main() {}

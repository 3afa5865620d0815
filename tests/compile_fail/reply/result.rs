use salon::{Event, Refusal};

#[derive(Event)]
#[event("lobby:join", reply = Result<u8, Refusal>)]
struct Join {
    lobby: u64,
}

#[derive(Event)]
#[event("lobby:leave", reply = std::io::Result<()>)]
struct Leave {
    lobby: u64,
}

fn main() {}

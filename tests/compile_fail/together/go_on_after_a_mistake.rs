use salon::Event;

#[derive(Event)]
#[event("lobby:join", + 5, reply = Vec<, volatile, guard = fn(u8) -> u8, colour = Vec<u8, u8>, rate = 5)]
struct Join {
    lobby: u64,
}

fn main() {}

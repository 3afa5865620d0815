use salon::Event;

#[derive(Event)]
#[event("lobby:join", reply(u8))]
struct Join {
    lobby: u64,
}

fn main() {}

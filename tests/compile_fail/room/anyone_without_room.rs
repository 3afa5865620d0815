use salon::Event;

#[derive(Event)]
#[event("lobby:knock", anyone)]
struct Knock {
    lobby: u64,
}

fn main() {}

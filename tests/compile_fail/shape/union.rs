use salon::Event;

#[derive(Event)]
#[event("lobby:join", volatile)]
union Join {
    lobby: u64,
    seat: u8,
}

fn main() {}

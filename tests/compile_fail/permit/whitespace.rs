use salon::Event;

#[derive(Event)]
#[event("lobby:join", permit = "play deal")]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::Event;

#[derive(Event)]
#[event("lobby:join", rate = "5/sec")]
struct Join {
    lobby: u64,
}

fn main() {}

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("den:say", room = Den(room), reply = u64)]
struct Say {
    room: String,
}

#[derive(Default)]
struct Den;

#[salon::room(key = String)]
impl Den {}

#[derive(Default)]
struct Guest;

#[salon::session]
impl Guest {
    #[on]
    fn say(&mut self, _: Say) -> u64 {
        0
    }
}

fn main() {}

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", reply = u64)]
struct Say {
    _room: String,
}

#[derive(Default)]
struct Chat;

#[salon::room(key = String)]
impl Chat {
    #[on]
    fn say(&mut self, _: Say) -> u64 {
        0
    }
}

fn main() {}

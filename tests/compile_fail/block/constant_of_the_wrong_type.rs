use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room), reply = u64)]
struct Say {
    room: String,
}

#[derive(Default)]
struct Chat;

#[salon::room(key = String, sequenced = 1)]
impl Chat {
    #[on]
    fn say(&mut self, _: Say) -> u64 {
        0
    }
}

fn main() {}

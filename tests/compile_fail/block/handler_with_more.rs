use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room), reply = u64)]
struct Say {
    room: String,
}

#[derive(Default)]
struct Chat;

struct Database;

#[salon::room(key = String)]
impl Chat {
    #[on]
    fn say(&mut self, _: Say, _: &mut EventContext<Self>, _: &Database) -> u64 {
        0
    }
}

fn main() {}

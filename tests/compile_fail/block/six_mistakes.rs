use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room), reply = u64)]
struct Say {
    room: String,
}

#[derive(Deserialize, Event)]
#[event("chat:join", room = Chat(room), join)]
struct Join {
    room: String,
}

struct Chat;

// Six mistakes and six errors; that `Chat` has no `Default` is not one, before it is known what it
// needs.
#[salon::room(key = String, nmae = "chat", linger)]
impl Chat {
    #[on]
    async fn join(&mut self, _: Join) {}

    #[on]
    fn say(&mut self) -> u64 {
        0
    }

    #[hook]
    fn opne() -> Self {
        Self
    }

    fn admit(&mut self) {}
}

fn is_room<R: Room<Key = String>>() {}

fn main() {
    is_room::<Chat>();
}

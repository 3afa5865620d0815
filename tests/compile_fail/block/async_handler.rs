use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room), reply = u64)]
struct Say {
    room: String,
}

#[derive(Default)]
struct Chat;

#[salon::room(key = String)]
impl Chat {
    #[on]
    async fn say(&mut self, _: Say, cx: &mut EventContext<Self>) -> u64 {
        cx.ask(cx.sender(), &Asked, std::time::Duration::from_secs(1)).await?
    }
}

fn main() {}

use salon::prelude::*;

#[derive(Serialize, Event)]
#[event("chat:said")]
struct Said<'a> {
    text: &'a str,
}

#[derive(Serialize, Event)]
#[event("chat:left")]
struct Left;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room), join)]
struct Say {
    room: String,
    text: String,
}

#[derive(Default)]
struct Chat;

#[salon::room(key = String, sends = (Said<'static>,))]
impl Chat {
    #[on]
    fn say(&mut self, say: Say, cx: &mut EventContext<Self>) {
        cx.broadcast(&Said { text: &say.text });
        cx.broadcast(&Left);
    }
}

fn main() {}

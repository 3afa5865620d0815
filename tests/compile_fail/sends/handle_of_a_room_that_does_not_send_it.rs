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

#[salon::room(key = String, sends = Left)]
impl Chat {}

fn shout(salon: &Salon) {
    let chat = salon.room::<Chat>(&"lounge".to_owned());
    chat.broadcast(&Left);
    chat.broadcast(&Said { text: "all of you" });
}

fn main() {}

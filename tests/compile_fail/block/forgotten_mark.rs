#![deny(warnings)]

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("chat:say", room = Chat(room))]
struct Say {
    room: String,
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:said")]
struct Said {
    text: String,
}

#[derive(Default)]
struct Chat;

#[salon::room(key = String, sends = (Said,))]
impl Chat {
    fn say(&mut self, say: Say, cx: &mut EventContext<Self>) {
        self.tell(Said { text: say.text }, cx);
    }

    fn tell(&mut self, said: Said, cx: &mut EventContext<Self>) {
        cx.broadcast(&said);
    }
}

#[derive(Deserialize, Event)]
#[event("hello")]
struct Hello;

#[derive(Default)]
struct Guest;

#[salon::session]
impl Guest {
    pub fn hello(&mut self, _: Hello, _: &mut SessionContext<Self>) {}
}

fn main() {
    let _ = Salon::builder().session::<Guest>().room::<Chat>();
}

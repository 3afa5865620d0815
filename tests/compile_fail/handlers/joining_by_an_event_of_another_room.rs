#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("lobby:join", room = Lobby(lobby), join)]
struct Join {
    lobby: u64,
}

struct Den;

impl Room for Den {
    const NAME: &'static str = "den";
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn admit(&mut self, _: &Member<()>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        match cx.joining::<Join>() {
            Some(_) => Ok(()),
            None => Err(Refusal::not_found("no such den")),
        }
    }
}

fn main() {}

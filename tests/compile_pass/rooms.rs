//! Events of a room: the key in a field with a name, or at an index.

#[path = "../compile_fail/lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::{
    expanded::{Senders, ToRoom, ToSession},
    prelude::*,
    room::RoomEvent,
};

#[derive(Event)]
#[event("session")]
struct Session;

#[derive(Event)]
#[event("join", room = Lobby(lobby), join, reply = String)]
struct Join {
    lobby: u64,
}

#[derive(Event)]
#[event("ready", room = Lobby(lobby), member)]
struct Ready {
    lobby: u64,
    _ready: bool,
}

#[derive(Event)]
#[event("leave", room = lobby::Lobby(0), rate = "1/s")]
struct Leave(u64);

#[derive(Event)]
#[event("say", room = self::lobby::Lobby(1), volatile)]
struct Say(#[allow(dead_code, reason = "only the key is read")] String, u64);

#[derive(Event)]
#[event("raw", room = Lobby(r#type))]
struct Raw {
    r#type: u64,
}

#[derive(Event)]
#[event("keyword", room = Lobby(type))]
struct Keyword {
    r#type: u64,
}

impl On<Join> for Lobby {
    fn on(&mut self, _: Join, _: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(String::new())
    }
}

fn goes<E: RoomEvent<Room = Lobby, Route = ToRoom<Lobby>>>(event: &E, senders: Senders, key: u64) {
    assert_eq!(E::SENDERS, senders);
    assert_eq!(*event.key(), key);
}

fn goes_to_session<E: Event<Route = ToSession>>(_: &E) {}

fn main() {
    goes_to_session(&Session);
    goes(&Join { lobby: 1 }, Senders::Join, 1);
    goes(&Ready { lobby: 2, _ready: true }, Senders::Member, 2);
    goes(&Leave(3), Senders::Member, 3);
    goes(&Say(String::new(), 4), Senders::Member, 4);
    goes(&Raw { r#type: 5 }, Senders::Member, 5);
    goes(&Keyword { r#type: 6 }, Senders::Member, 6);
}

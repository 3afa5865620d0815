#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::prelude::*;

struct Roster;

// Five mistakes and five errors: the name, the field, the value of `join`, the unit, and `latest` with a reply.
#[derive(Event)]
#[event("lobby join", room = Lobby(loby), join = true, rate = "5/week", reply = Roster, latest)]
struct Join {
    lobby: u64,
}

// Nothing more is said here, where the event is used as if it were right.
impl On<Join> for Lobby {
    fn on(&mut self, event: Join, _: &mut EventContext<'_, Self>) -> Result<Roster, Refusal> {
        let Join { lobby: _ } = event;
        Ok(Roster)
    }
}

fn is_event<E: salon::room::RoomEvent<Room = Lobby, Reply = Roster>>() {}

fn main() {
    is_event::<Join>();
}

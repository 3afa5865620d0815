//! A struct written by a macro: the parts of its attribute arrive in invisible brackets, and with
//! another hygiene than `self`.

#[path = "../compile_fail/lobby.rs"]
mod lobby;

use salon::{Event, room::RoomEvent};

macro_rules! room_event {
    ($name:ident, $wire:literal, $room:path, $field:ident, $reply:ty, $rate:literal) => {
        #[derive(Event)]
        #[event($wire, room = $room($field), reply = $reply, rate = $rate)]
        struct $name {
            $field: u64,
        }

        #[derive(Event)]
        #[event("hidden", room = $room(hidden), reply = $reply)]
        struct Hidden {
            hidden: u64,
        }
    };
}

room_event!(Join, "lobby:join", lobby::Lobby, lobby, Vec<(u8, u8)>, "5/s");

fn key<E: RoomEvent<Room = lobby::Lobby, Reply = Vec<(u8, u8)>>>(event: &E) -> u64 {
    *event.key()
}

fn main() {
    assert_eq!(Join::NAME, "lobby:join");
    assert_eq!(key(&Join { lobby: 3 }), 3);
    assert_eq!(key(&Hidden { hidden: 4 }), 4);
}

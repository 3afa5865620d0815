//! The room that the cases name.

use salon::{Refusal, Room, RoomContext};

pub struct Lobby;

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

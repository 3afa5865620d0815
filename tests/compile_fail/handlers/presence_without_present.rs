use salon::{Presence, prelude::*};

struct Lobby;

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    const PRESENCE: Presence<Self> = Presence::on();
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

//! The room that the cases name.

use salon::Room;

pub struct Lobby;

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    type Key = u64;
}

#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = Lobby(2))]
struct Join(u64, u8);

fn main() {}

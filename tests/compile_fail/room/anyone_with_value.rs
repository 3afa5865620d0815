#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::Event;

#[derive(Event)]
#[event("lobby:knock", room = Lobby(lobby), anyone = true)]
struct Knock {
    lobby: u64,
}

fn main() {}

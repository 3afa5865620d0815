#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = Lobby(lobby), anyone, join)]
struct Join {
    lobby: u64,
}

fn main() {}

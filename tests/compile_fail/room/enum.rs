#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = Lobby(lobby))]
enum Join {
    First { lobby: u64 },
    Second { lobby: u64 },
}

fn main() {}

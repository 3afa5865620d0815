#[path = "../lobby.rs"]
mod lobby;

use lobby::Lobby;
use salon::Event;

#[derive(Event)]
#[event("lobby:join", room = Lobby(lobby, seat))]
struct Join {
    lobby: u64,
    seat: u8,
}

fn main() {}

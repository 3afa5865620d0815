//! What is said between a lobby and its players: this file is the contract, for both sides.

use salon::prelude::*;

use crate::{
    lobby::Lobby,
    text::{Name, Text},
};

/// Take a seat. A lobby is opened by the first who joins it.
#[derive(Deserialize, Event)]
#[event("lobby:join", room = Lobby(lobby), join)]
pub struct Join {
    /// Which lobby.
    pub lobby: Name,
}

/// Say whether you are ready.
#[derive(Deserialize, Event)]
#[event("lobby:ready", room = Lobby(lobby), rate = "5/s")]
pub struct Ready {
    /// Which lobby.
    pub lobby: Name,
    /// Whether you are.
    pub ready: bool,
}

/// Say something to everybody in the lobby.
#[derive(Deserialize, Event)]
#[event("lobby:say", room = Lobby(lobby), rate = "3/s burst 5")]
pub struct Say {
    /// Which lobby.
    pub lobby: Name,
    /// One line.
    pub text: Text<280>,
}

/// Give up your seat.
#[derive(Deserialize, Event)]
#[event("lobby:leave", room = Lobby(lobby))]
pub struct Leave {
    /// Which lobby.
    pub lobby: Name,
}

/// Who sits where, whenever that changes.
#[derive(Serialize, Event)]
#[event("lobby:roster")]
pub struct Roster {
    /// Which lobby.
    pub lobby: Name,
    /// In the order in which they were taken: the first is the host's.
    pub seats: Vec<Seat>,
}

/// One player's place in a lobby.
#[derive(Clone, Debug, Serialize)]
pub struct Seat {
    /// The player's session, as its client knows it.
    pub id: String,
    /// What the player is called.
    pub name: Name,
    /// Whether the player is ready.
    pub ready: bool,
}

/// Somebody said something.
#[derive(Serialize, Event)]
#[event("lobby:said")]
pub struct Said {
    /// Whose session it was.
    pub id: String,
    /// What that player is called.
    pub name: Name,
    /// What was said.
    pub text: Text<280>,
}

/// Something happened in the lobby, in words.
#[derive(Serialize, Event)]
#[event("lobby:news")]
pub struct News {
    /// One sentence.
    pub text: String,
}

/// Everybody is ready: the seconds until it begins.
#[derive(Serialize, Event)]
#[event("lobby:countdown")]
pub struct Countdown {
    /// 0 when it begins, nothing when it was called off.
    pub seconds: Option<u32>,
}

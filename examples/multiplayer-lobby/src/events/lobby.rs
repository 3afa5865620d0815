//! A lobby's.

use salon::prelude::*;
use schemars::JsonSchema;

use super::Outcome;
use crate::{
    code::{Code, MatchId},
    lobby::{Lobby, NotAllowed},
    text::{Name, Text},
};

/// Come in. Refused with `not_found`, `full`, `locked` or `kicked`.
///
/// By one who is there it changes what as: who watches takes a seat, or is refused and goes on
/// watching; who has one gives it up, unless it is taken by another connection too.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:join", room = Lobby(lobby), join, rate = "2/s burst 5")]
pub struct Join {
    /// Which one: also the code of a private one.
    pub lobby: Code,
    /// What as.
    pub role: Role,
}

/// What somebody is in a lobby for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To take a seat.
    Player,
    /// To watch: no seat, and no say.
    Spectator,
}

/// Say whether you are ready; not while a match is on.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:ready", room = Lobby(lobby), rate = "5/s", refuses = NotAllowed)]
pub struct Ready {
    /// Which lobby.
    pub lobby: Code,
    /// Whether you are.
    pub ready: bool,
}

/// Say something to everybody in the lobby.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:say", room = Lobby(lobby), rate = "3/s burst 5", refuses = NotAllowed)]
pub struct Say {
    /// Which lobby.
    pub lobby: Code,
    /// One line.
    pub text: Text<280>,
}

/// Let nobody else in, or let them in again. For the host alone.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:lock", room = Lobby(lobby), rate = "5/s", refuses = NotAllowed)]
pub struct Lock {
    /// Which lobby.
    pub lobby: Code,
    /// Whether it is to be locked.
    pub locked: bool,
}

/// Put somebody out, for good. For the host alone.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:kick", room = Lobby(lobby), rate = "5/s", refuses = NotAllowed)]
pub struct Kick {
    /// Which lobby.
    pub lobby: Code,
    /// Who.
    pub user: String,
    /// Why: they are told.
    pub reason: Text<80>,
}

/// Give up your seat, and go.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:leave", room = Lobby(lobby))]
pub struct Leave {
    /// Which lobby.
    pub lobby: Code,
}

/// How a lobby is, whenever that has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:state")]
pub struct LobbyState {
    /// Which one.
    pub lobby: Code,
    /// What it is called.
    pub name: Name,
    /// Whether it is off the list.
    pub private: bool,
    /// Whether the host lets nobody in.
    pub locked: bool,
    /// Who is the host: the one of those who are not away that has sat the longest.
    pub host: Option<String>,
    /// In the order in which they were taken.
    pub seats: Vec<Seat>,
    /// How many seats are neither taken nor kept for somebody.
    pub free: usize,
    /// Seconds until a match begins, while all are ready.
    pub countdown: Option<u32>,
    /// The match that is on.
    #[serde(rename = "match")]
    pub playing: Option<MatchId>,
    /// How the last match went.
    pub outcome: Option<Outcome>,
}

/// One player's place in a lobby.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seat {
    /// Who, as the token's `sub` has it.
    pub user: String,
    /// What the player is called.
    pub name: Name,
    /// 0 to 7.
    pub colour: usize,
    /// Whether the player is ready.
    pub ready: bool,
    /// Whether the player is disconnected. The seat is kept for 30 s.
    pub away: bool,
}

/// Somebody said something.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:said")]
pub struct Said {
    /// Who.
    pub user: String,
    /// What that player is called.
    pub name: Name,
    /// What was said.
    pub text: Text<280>,
}

/// Something happened in the lobby, in words.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("lobby:news")]
pub struct News {
    /// One sentence.
    pub text: String,
}

//! What is said between the program and its players: this file is the contract, for both sides.
//!
//! A name has where it goes in front: `hall:` to the player's own session, `lobby:` and `match:` to
//! the room that the first field names. What is refused is acknowledged with `{ error: { code,
//! message } }`.

use salon::prelude::*;

use crate::{
    code::{Code, MatchId},
    game::Match,
    lobby::Lobby,
    text::{Name, Text},
};

/// Look at the list of lobbies, from now on: [`Lobbies`] come after the answer.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:watch", rate = "5/s burst 10")]
pub struct Watch {
    /// Only those with a free seat.
    pub open: bool,
    /// Only those with this in their name, in capitals or not; all if it is empty.
    pub text: String,
}

/// What is new on the list: at first all of it. What is removed is to be removed first.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:lobbies")]
pub struct Lobbies {
    /// Off the list.
    pub removed: Vec<Code>,
    /// On the list, or changed there.
    pub listed: Vec<Line>,
}

/// One lobby in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which one.
    pub lobby: Code,
    /// What it is called.
    pub name: Name,
    /// Who may lock it; nobody while all are away.
    pub host: Option<Name>,
    /// How many seats are taken.
    pub taken: usize,
    /// How many are neither taken nor kept for somebody.
    pub free: usize,
    /// Whether the host lets nobody in.
    pub locked: bool,
    /// Whether a match is on.
    pub playing: bool,
}

/// Make a lobby. A seat in it is kept for ten seconds: join it.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:create", reply = Code, rate = "1/s burst 3")]
pub struct Create {
    /// What to call it.
    pub name: Name,
    /// Whether it is off the list, so that only who knows its code can come in.
    pub private: bool,
}

/// Find a lobby with a free seat, or make one. The seat is kept for ten seconds: join it.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:play", reply = Code, rate = "1/s burst 3")]
pub struct Play;

/// Come in. Refused with `not_found`, `full`, `locked` or `kicked`.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:join", room = Lobby(lobby), join, rate = "2/s burst 5")]
pub struct Join {
    /// Which one: also the code of a private one.
    pub lobby: Code,
    /// What as.
    pub role: Role,
}

/// What somebody is in a lobby for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To take a seat.
    Player,
    /// To watch: no seat, and no say.
    Spectator,
}

/// Say whether you are ready. Refused with `playing` while a match is on.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:ready", room = Lobby(lobby), rate = "5/s")]
pub struct Ready {
    /// Which lobby.
    pub lobby: Code,
    /// Whether you are.
    pub ready: bool,
}

/// Say something to everybody in the lobby.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:say", room = Lobby(lobby), rate = "3/s burst 5")]
pub struct Say {
    /// Which lobby.
    pub lobby: Code,
    /// One line.
    pub text: Text<280>,
}

/// Let nobody else in, or let them in again. For the host alone.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:lock", room = Lobby(lobby), rate = "5/s")]
pub struct Lock {
    /// Which lobby.
    pub lobby: Code,
    /// Whether it is to be locked.
    pub locked: bool,
}

/// Put somebody out, for good. For the host alone.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:kick", room = Lobby(lobby), rate = "5/s")]
pub struct Kick {
    /// Which lobby.
    pub lobby: Code,
    /// Who.
    pub user: String,
    /// Why: they are told.
    pub reason: Text<80>,
}

/// Give up your seat, and go.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:leave", room = Lobby(lobby))]
pub struct Leave {
    /// Which lobby.
    pub lobby: Code,
}

/// How a lobby is, whenever that has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Event)]
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
    /// Seconds until a match begins, while all are ready.
    pub countdown: Option<u32>,
    /// The match that is on.
    #[serde(rename = "match")]
    pub playing: Option<MatchId>,
    /// How the last match went.
    pub outcome: Option<Outcome>,
}

/// One player's place in a lobby.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Serialize, Deserialize, Event)]
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
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:news")]
pub struct News {
    /// One sentence.
    pub text: String,
}

/// Come to a match: who has a part in it plays, all others watch. [`Claimed`] follow the board.
#[derive(Serialize, Deserialize, Event)]
#[event("match:join", room = Match(id), join, reply = Board, rate = "2/s burst 5")]
pub struct Enter {
    /// Which one.
    #[serde(rename = "match")]
    pub id: MatchId,
}

/// How a match is at one moment of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// Cells in a row.
    pub width: usize,
    /// Whose each cell is, row by row: an index of `players`.
    pub cells: Vec<Option<usize>>,
    /// Who plays.
    pub players: Vec<Contender>,
    /// How many seconds are left.
    pub seconds: u32,
}

/// Somebody who plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Who.
    pub user: String,
    /// What the player is called.
    pub name: Name,
    /// As in the lobby.
    pub colour: usize,
}

/// Take a free cell that touches one of yours. Refused with `taken`, `too_far` or `watching`.
#[derive(Serialize, Deserialize, Event)]
#[event("match:claim", room = Match(id), rate = "6/s")]
pub struct Claim {
    /// Which match.
    #[serde(rename = "match")]
    pub id: MatchId,
    /// Which cell, by its index.
    pub cell: usize,
}

/// A cell was taken.
#[derive(Serialize, Deserialize, Event)]
#[event("match:claimed")]
pub struct Claimed {
    /// Which one.
    pub cell: usize,
    /// By which of the players.
    pub by: usize,
}

/// A second has passed.
#[derive(Serialize, Deserialize, Event)]
#[event("match:clock")]
pub struct Clock {
    /// How many are left.
    pub seconds: u32,
}

/// How a match went: to everybody who is there, and to its lobby.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Event)]
#[event("match:over")]
pub struct Outcome {
    /// Who won; nobody if the most cells are two players'.
    pub winner: Option<Name>,
    /// The most cells first. Nobody, if the match did not come to its end.
    pub scores: Vec<Score>,
}

/// What a player has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Who.
    #[serde(flatten)]
    pub player: Contender,
    /// How many cells.
    pub cells: usize,
}

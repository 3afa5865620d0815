//! A match's.

use salon::prelude::*;
use schemars::JsonSchema;

use crate::{
    code::MatchId,
    game::{Match, NotYours},
    text::Name,
};

/// Come to a match: who has a part in it plays, all others watch. [`Claimed`] follow the board.
///
/// Refused with `forbidden` to who is not in its lobby, `kicked`, and `not_found` once it is over.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("match:join", room = Match(id), join, reply = Board, rate = "2/s burst 5")]
pub struct Enter {
    /// Which one.
    #[serde(rename = "match")]
    pub id: MatchId,
}

/// How a match is at one moment of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contender {
    /// Who.
    pub user: String,
    /// What the player is called.
    pub name: Name,
    /// As in the lobby.
    pub colour: usize,
}

/// Take a free cell that touches one of yours. Refused with `taken`, `too_far` or `watching`.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("match:claim", room = Match(id), rate = "6/s", refuses = NotYours)]
pub struct Claim {
    /// Which match.
    #[serde(rename = "match")]
    pub id: MatchId,
    /// Which cell, by its index.
    pub cell: usize,
}

/// A cell was taken.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("match:claimed")]
pub struct Claimed {
    /// Which one.
    pub cell: usize,
    /// By which of the players.
    pub by: usize,
}

/// A second has passed.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("match:clock")]
pub struct Clock {
    /// How many are left.
    pub seconds: u32,
}

/// How a match went: to everybody who is there, and to its lobby.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event("match:over")]
pub struct Outcome {
    /// Who won; nobody if the most cells are two players'.
    pub winner: Option<Name>,
    /// The most cells first. Nobody, if the match did not come to its end.
    pub scores: Vec<Score>,
}

/// What a player has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Who.
    #[serde(flatten)]
    pub player: Contender,
    /// How many cells.
    pub cells: usize,
}

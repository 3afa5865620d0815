//! The hall's: to and from a player's own session.

use salon::prelude::*;
use schemars::JsonSchema;

use crate::{code::Code, text::Name};

/// Look at the list of lobbies, from now on: [`Lobbies`] come after the answer.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("hall:watch", rate = "5/s burst 10")]
pub struct Watch {
    /// Only those with a free seat.
    pub open: bool,
    /// Only those with this in their name, in capitals or not; all if it is empty.
    pub text: String,
}

/// What is new on the list: at first all of it. What is removed is to be removed first.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("hall:lobbies")]
pub struct Lobbies {
    /// Off the list.
    pub removed: Vec<Code>,
    /// On the list, or changed there.
    pub listed: Vec<Line>,
}

/// One lobby in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("hall:create", reply = Code, rate = "1/s burst 3")]
pub struct Create {
    /// What to call it.
    pub name: Name,
    /// Whether it is off the list, so that only who knows its code can come in.
    pub private: bool,
}

/// Find a lobby with a free seat, or make one. The seat is kept for ten seconds: join it.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("hall:play", reply = Code, rate = "1/s burst 3")]
pub struct Play;

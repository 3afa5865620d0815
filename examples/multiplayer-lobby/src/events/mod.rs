//! What is said between the program and its players: these files are the contract, for both sides.
//!
//! A name has where it goes in front: `hall:` to the player's own session, `lobby:` and `match:` to
//! the room that the first field names. What is refused is acknowledged with `{ error: { code,
//! message } }`.

mod game;
mod hall;
mod lobby;

pub use game::{Board, Claim, Claimed, Clock, Contender, Enter, Outcome, Score};
pub use hall::{Create, Line, Lobbies, Play, Watch};
pub use lobby::{Join, Kick, Leave, LobbyState, Lock, News, Ready, Role, Said, Say, Seat};

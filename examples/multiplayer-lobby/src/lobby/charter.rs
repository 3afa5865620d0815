//! What is written down of a lobby: what is kept of it, and what its match and the hall know of it.
//!
//! It must never grow with the age of a lobby, nor be there for ever when the lobby is not.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use salon::{Rooms, prelude::*};
use tokio::time::Instant;

use super::{Lobby, NotAllowed};
use crate::{
    code::{Code, MatchId},
    game::Matches,
    records::Records,
    text::Name,
};

/// The lobbies that there are.
pub type Charters = Records<Code, Charter>;

/// How many of those who were put out a lobby knows.
const MOST_KICKED: usize = 100;
/// How long a charter is kept at least, while no lobby is open by it.
const UNUSED: Duration = Duration::from_secs(60);

/// What is written down of a lobby.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Charter {
    pub(super) name: Name,
    pub(super) private: bool,
    /// Whether the host lets nobody in.
    pub(super) locked: bool,
    /// Who sits there, and who watches: those who may come to its match.
    pub(super) here: BTreeSet<String>,
    /// Who is not let in again, the last of them at the end.
    kicked: VecDeque<String>,
    /// How many matches there have been.
    pub(super) rounds: u32,
    #[serde(skip, default = "Instant::now")]
    founded: Instant,
}

impl Charter {
    /// Of a new lobby.
    pub(crate) fn new(name: Name, private: bool) -> Self {
        Self {
            name,
            private,
            locked: false,
            here: BTreeSet::new(),
            kicked: VecDeque::new(),
            rounds: 0,
            founded: Instant::now(),
        }
    }

    /// Puts a player out for good: for as long as the lobby is open, or until a hundred others were
    /// put out after.
    pub(super) fn kick(&mut self, user: String) {
        if self.kicked.len() == MOST_KICKED {
            self.kicked.pop_front();
        }
        self.kicked.push_back(user);
    }

    /// Refuses those who were put out.
    pub(super) fn check_kicked(&self, user: &String) -> Result<(), NotAllowed> {
        if self.kicked.contains(user) {
            return Err(NotAllowed::Kicked);
        }
        Ok(())
    }

    /// Refuses those who may not come to the lobby's match.
    pub(crate) fn check_here(&self, user: &String) -> Result<(), NotAllowed> {
        self.check_kicked(user)?;
        if self.here.contains(user) {
            return Ok(());
        }
        Err(NotAllowed::NotThere)
    }
}

/// Crosses out the lobbies that are gone without a word, because their code panicked too often. One
/// whose founder is on the way is not open yet.
pub(crate) fn cross_out_unused(charters: &Charters, matches: &Matches, rooms: &Rooms<Lobby>) {
    let is_old = |charter: &Charter| charter.founded.elapsed() > UNUSED;
    for (lobby, charter) in charters.filter(is_old) {
        if !rooms.room(&lobby).is_open() {
            charters.remove(&lobby);
            matches.remove(&MatchId { lobby, round: charter.rounds });
        }
    }
}

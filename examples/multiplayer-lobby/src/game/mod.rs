//! The game: a match is a room of its own, with its own state and its own clock.
//!
//! Turf: everybody begins in a corner or at an edge, and takes free cells that touch their own.
//! Whose claim comes first in the room's order has the cell.

mod turf;

use std::time::Duration;

use salon::{History, prelude::*};

pub(crate) use self::turf::NotYours;
use self::turf::{Turf, WIDTH};
use crate::{
    Rules,
    code::MatchId,
    events::{Board, Claim, Claimed, Clock, Contender, Enter, Outcome, Score},
    guests::Player,
    lobby::{Charters, Lobby, Over},
    records::Records,
};

/// The matches that are on, and who plays: written down by their lobbies.
pub type Matches = Records<MatchId, Vec<Contender>>;

/// One match.
#[derive(Debug)]
pub struct Match {
    players: Vec<Contender>,
    turf: Turf,
    seconds: u32,
    /// Whether anybody has come: a stranger who was not let in may have opened the room before.
    has_begun: bool,
}

/// Others are in the lobby now; from the lobby.
pub(crate) struct LookAround;

/// A second has passed.
#[derive(Clone)]
struct Tick;

/// What is kept of a match.
#[derive(Serialize, Deserialize)]
struct Kept {
    players: Vec<Contender>,
    cells: Vec<Option<usize>>,
    seconds: u32,
}

impl Room for Match {
    const NAME: &'static str = "match";
    /// No event: the board is there for whoever comes. What is kept is the match itself.
    const HISTORY: History = History::NONE.durable();
    /// As long as somebody may be away.
    const LINGER: Duration = Duration::from_secs(30);
    type Key = MatchId;
    type Identity = Player;
    type Events = (Enter, Claim);
    type Sends = (Claimed, Clock, Outcome);

    /// After a panic, and in the next process, it goes on from what was kept last: its members are told,
    /// and ask for the board.
    fn open(id: &MatchId, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        cx.tell_every(Duration::from_secs(1), Tick);
        if let Some(Kept { players, cells, seconds }) = cx.kept()? {
            let has_begun = !cx.is_empty();
            return Ok(Self { turf: Turf::of(cells), players, seconds, has_begun });
        }
        let players = cx.data::<Matches>()?.get(id);
        let players = players.ok_or_else(|| Refusal::not_found("This match is over."))?;
        let &Rules { seconds, .. } = cx.data()?;
        Ok(Self { turf: Turf::new(players.len()), players, seconds, has_begun: false })
    }

    fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.check_here(who, cx)
    }

    /// At its end, or when all have been away for too long.
    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if !self.has_begun {
            return;
        }
        cx.keep_nothing();
        let id = cx.key().clone();
        if let Ok(matches) = cx.data::<Matches>() {
            matches.remove(&id);
        }
        let outcome = self.outcome();
        // A lobby that is closed does not open for it: then nobody wants to know.
        let _ = cx.room::<Lobby>(&id.lobby.clone()).tell(Over { id, outcome });
    }
}

impl On<Enter> for Match {
    fn on(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> Result<Board, Refusal> {
        self.has_begun = true;
        self.keep(cx)?;
        Ok(Board {
            width: WIDTH,
            cells: self.turf.cells().to_vec(),
            players: self.players.clone(),
            seconds: self.seconds,
        })
    }
}

impl On<Claim> for Match {
    fn on(
        &mut self,
        Claim { cell, .. }: Claim,
        cx: &mut EventContext<'_, Self>,
    ) -> Result<(), Refusal> {
        let who = cx.sender();
        let by = self.players.iter().position(|player| player.user == who.identity().sub);
        let by = by.ok_or(NotYours::Watching)?;
        self.turf.claim(cell, by)?;
        self.keep(cx)?;
        cx.broadcast(&Claimed { cell, by });
        if self.turf.is_stuck() {
            self.end(cx);
        }
        Ok(())
    }
}

impl Reply<LookAround> for Match {
    type Output = ();

    /// Whoever is out of the lobby is out of its match, by every connection.
    fn reply(&mut self, _: LookAround, cx: &mut RoomContext<Self>) {
        let members: Vec<_> = cx.members().collect();
        for member in members {
            if let Err(refusal) = self.check_here(&member, cx) {
                cx.evict_because(&member, refusal);
            }
        }
    }
}

impl Receive<Tick> for Match {
    fn receive(&mut self, _: Tick, cx: &mut RoomContext<Self>) {
        self.seconds = self.seconds.saturating_sub(1);
        // Why it could not be kept is logged; a second more is a small loss.
        let _ = self.keep(cx);
        cx.broadcast(&Clock { seconds: self.seconds });
        if self.seconds == 0 {
            self.end(cx);
        }
    }
}

impl Match {
    fn keep(&self, cx: &RoomContext<Self>) -> Result<(), Refusal> {
        let (players, cells) = (self.players.clone(), self.turf.cells().to_vec());
        cx.keep(&Kept { players, cells, seconds: self.seconds })
    }

    /// The lobby says who may be here: who has a seat there, and who watches. While it is not open, those
    /// who play may: they were there when the match was kept.
    fn check_here(&self, who: &Member<Player>, cx: &RoomContext<Self>) -> Result<(), Refusal> {
        let user = &who.identity().sub;
        match cx.data::<Charters>()?.get(&cx.key().lobby) {
            Some(lobby) => Ok(lobby.check_here(user)?),
            None if self.players.iter().any(|player| player.user == *user) => Ok(()),
            None => Err(Refusal::not_found("The lobby of this match is closed.")),
        }
    }

    fn end(&mut self, cx: &mut RoomContext<Self>) {
        cx.broadcast(&self.outcome());
        cx.close();
    }

    fn outcome(&self) -> Outcome {
        let scores = self.players.iter().cloned().enumerate();
        let scores = scores.map(|(by, player)| Score { player, cells: self.turf.cells_of(by) });
        let mut scores: Vec<_> = scores.collect();
        scores.sort_by_key(|score| std::cmp::Reverse(score.cells));
        let winner = match &scores[..] {
            [first, second, ..] if first.cells == second.cells => None,
            [first, ..] => Some(first.player.name.clone()),
            [] => None,
        };
        Outcome { winner, scores }
    }
}

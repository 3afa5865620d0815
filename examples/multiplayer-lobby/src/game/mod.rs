//! The game: a match is a room of its own, with its own state and its own clock.
//!
//! Turf: everybody begins in a corner or at an edge, and takes free cells that touch their own.
//! Whose claim comes first in the room's order has the cell.

mod turf;

use std::time::Duration;

use salon::prelude::*;

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

impl Room for Match {
    const NAME: &'static str = "match";
    /// As long as somebody may be away.
    const LINGER: Duration = Duration::from_secs(30);
    type Key = MatchId;
    type Identity = Player;
    type Events = (Enter, Claim);
    type Sends = (Claimed, Clock, Outcome);

    /// Opened anew after a panic, it begins anew: its members are told, and ask for the board.
    fn open(id: &MatchId, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let players = cx.data::<Matches>()?.get(id);
        let players = players.ok_or_else(|| Refusal::not_found("This match is over."))?;
        let &Rules { seconds, .. } = cx.data()?;
        cx.tell_every(Duration::from_secs(1), Tick);
        Ok(Self { turf: Turf::new(players.len()), players, seconds, has_begun: false })
    }

    fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        Self::check_here(who, cx)
    }

    /// At its end, or when all have been away for too long.
    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if !self.has_begun {
            return;
        }
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
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<Board, Refusal> {
        self.has_begun = true;
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
            if let Err(refusal) = Self::check_here(&member, cx) {
                cx.evict_because(&member, refusal);
            }
        }
    }
}

impl Receive<Tick> for Match {
    fn receive(&mut self, _: Tick, cx: &mut RoomContext<Self>) {
        self.seconds = self.seconds.saturating_sub(1);
        cx.broadcast(&Clock { seconds: self.seconds });
        if self.seconds == 0 {
            self.end(cx);
        }
    }
}

impl Match {
    /// The lobby says who may be here: who has a seat there, and who watches.
    fn check_here(who: &Member<Player>, cx: &RoomContext<Self>) -> Result<(), Refusal> {
        let lobby = cx.data::<Charters>()?.get(&cx.key().lobby);
        let lobby =
            lobby.ok_or_else(|| Refusal::not_found("The lobby of this match is closed."))?;
        Ok(lobby.check_here(&who.identity().sub)?)
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

//! From "I am ready" to a match, and back with its result.

use std::time::Duration;

use salon::prelude::*;

use super::{Lobby, NotAllowed};
use crate::{
    Rules,
    code::{Code, MatchId},
    events::{Contender, News, Outcome, Ready},
    game::Matches,
};

/// How many it takes to play.
const QUORUM: usize = 2;

/// What a lobby is at.
#[derive(Debug)]
pub(super) enum Stage {
    /// Not all are ready.
    Gathering,
    /// All are: the seconds that are left.
    Counting { timer: Timer, left: u32 },
    /// A match is on.
    Playing(MatchId),
}

/// A second of the countdown has passed.
#[derive(Clone)]
struct Tick;

/// A match is over; from the match.
pub(crate) struct Over {
    pub(crate) id: MatchId,
    pub(crate) outcome: Outcome,
}

impl On<Ready> for Lobby {
    fn on(&mut self, event: Ready, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let is_playing = self.stage.playing().is_some();
        let place = self.place_of(&cx.sender().identity().sub)?;
        if is_playing {
            return Err(NotAllowed::Playing.into());
        }
        place.ready = event.ready;
        self.changed(cx);
        Ok(())
    }
}

impl Lobby {
    /// Begins the countdown when all are ready, and calls it off when one is not any more.
    pub(super) fn begin_or_call_off(&mut self, cx: &mut RoomContext<Self>) {
        let enough = self.seats.present().count() >= QUORUM;
        let all_are_ready = enough && self.seats.iter().all(|(_, place)| place.ready);
        match self.stage {
            Stage::Gathering if all_are_ready => {
                let Ok(&Rules { countdown: left, .. }) = cx.data() else { return };
                let timer = cx.tell_every(Duration::from_secs(1), Tick);
                self.stage = Stage::Counting { timer, left };
            }
            Stage::Counting { timer, .. } if !all_are_ready => {
                cx.cancel(timer);
                self.stage = Stage::Gathering;
            }
            Stage::Gathering | Stage::Counting { .. } | Stage::Playing(_) => {}
        }
    }

    /// Writes down who plays: whoever comes to the match first opens it.
    fn begin(&mut self, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.charter.rounds += 1;
        let id = MatchId { lobby: cx.key().clone(), round: self.charter.rounds };
        let players = self.seats.iter().map(|(user, place)| Contender {
            user: user.clone(),
            name: place.name.clone(),
            colour: place.colour,
        });
        cx.data::<Matches>()?.put(id.clone(), players.collect());
        self.stage = Stage::play(id, cx)?;
        self.outcome = None;
        Ok(())
    }
}

impl Receive<Tick> for Lobby {
    fn receive(&mut self, _: Tick, cx: &mut RoomContext<Self>) {
        let Stage::Counting { timer, left } = &mut self.stage else { return };
        *left = left.saturating_sub(1);
        if *left == 0 {
            cx.cancel(*timer);
            if self.begin(cx).is_err() {
                self.stage = Stage::Gathering;
            }
        }
        self.changed(cx);
    }
}

impl Receive<Over> for Lobby {
    fn receive(&mut self, Over { id, outcome }: Over, cx: &mut RoomContext<Self>) {
        if self.stage.playing() != Some(&id) {
            return;
        }
        if let Ok(matches) = cx.data::<Matches>() {
            matches.remove(&id);
        }
        self.stage = Stage::Gathering;
        for (_, place) in self.seats.iter_mut() {
            place.ready = false;
        }
        let text = match (&outcome.winner, &outcome.scores[..]) {
            (Some(winner), [first, ..]) => format!("{winner} won with {} cells.", first.cells),
            (_, []) => "The match did not come to its end.".to_owned(),
            (None, [..]) => "The match is a draw.".to_owned(),
        };
        cx.broadcast(&News { text });
        self.outcome = Some(outcome);
        self.changed(cx);
    }
}

impl Stage {
    /// Of a lobby that is opened, perhaps anew.
    pub(super) fn of(
        lobby: &Code,
        round: u32,
        cx: &mut RoomContext<Lobby>,
    ) -> Result<Self, Refusal> {
        let id = MatchId { lobby: lobby.clone(), round };
        let is_on = cx.data::<Matches>()?.get(&id).is_some();
        if is_on { Self::play(id, cx) } else { Ok(Self::Gathering) }
    }

    /// Of a lobby whose match is on. It is over at some time, also if nothing is heard of it.
    fn play(id: MatchId, cx: &mut RoomContext<Lobby>) -> Result<Self, Refusal> {
        // Its clock, begun anew as often as it may panic, and a minute.
        let longest = Duration::from_secs(u64::from(cx.data::<Rules>()?.seconds) * 4 + 60);
        cx.tell_after(longest, Over { id: id.clone(), outcome: Outcome::default() });
        Ok(Self::Playing(id))
    }

    pub(super) fn countdown(&self) -> Option<u32> {
        match self {
            Self::Counting { left, .. } => Some(*left),
            Self::Gathering | Self::Playing(_) => None,
        }
    }

    pub(super) fn playing(&self) -> Option<&MatchId> {
        match self {
            Self::Playing(id) => Some(id),
            Self::Gathering | Self::Counting { .. } => None,
        }
    }
}

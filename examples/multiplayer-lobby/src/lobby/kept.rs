//! What is kept of a lobby: it is found again after a panic of its code, and by the next process.
//!
//! It must never say who is there: that is for those who come.

use salon::{Seats, prelude::*};

use super::{Charter, GRACE, Lobby, NotAllowed, Place, SEATS, rounds::Stage};
use crate::{
    code::{Code, MatchId},
    events::{Contender, News, Outcome},
    game::Matches,
    lobby::Charters,
};

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    charter: Charter,
    /// In the order in which they were taken.
    seats: Vec<(String, Place)>,
    /// Who plays, if a match is on.
    players: Option<Vec<Contender>>,
    outcome: Option<Outcome>,
}

/// Those who have not come back since the lobby was found again have had their time.
struct GiveUp {
    users: Vec<String>,
}

impl Lobby {
    /// The lobby of that code: as it was kept, or the one that was founded.
    pub(super) fn find(code: &Code, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let Some(kept) = cx.kept::<Kept>()? else {
            let charter = cx.data::<Charters>()?.get(code).ok_or(NotAllowed::NoLobby)?;
            return Self::with(charter, None, cx);
        };
        if let Some(players) = kept.players {
            let id = MatchId { lobby: code.clone(), round: kept.charter.rounds };
            cx.data::<Matches>()?.put(id, players);
        }
        let mut lobby = Self::with(kept.charter, kept.outcome, cx)?;
        lobby.waits = cx.is_empty();
        let mut users = Vec::new();
        for (user, place) in kept.seats {
            lobby.seats.take(user.clone(), || Place { ready: false, ..place })?;
            if cx.members().all(|member| member.identity().sub != user) {
                lobby.seats.away(&user);
                users.push(user);
            }
        }
        if lobby.charter.locked {
            lobby.seats.lock();
        }
        cx.tell_after(GRACE, GiveUp { users });
        Ok(lobby)
    }

    fn with(
        charter: Charter,
        outcome: Option<Outcome>,
        cx: &mut RoomContext<Self>,
    ) -> Result<Self, Refusal> {
        let stage = Stage::of(&cx.key().clone(), charter.rounds, cx)?;
        let (seats, host, look_again) = (Seats::new(SEATS), None, None);
        Ok(Self { charter, seats, host, stage, outcome, look_again, waits: false })
    }

    /// Keeps how the lobby is now.
    pub(super) fn keep(&self, cx: &RoomContext<Self>) -> Result<(), Refusal> {
        let matches = cx.data::<Matches>()?;
        let seats = self.seats.iter().map(|(user, place)| (user.clone(), place.clone()));
        cx.keep(&Kept {
            charter: self.charter.clone(),
            seats: seats.collect(),
            players: self.stage.playing().and_then(|id| matches.get(id)),
            outcome: self.outcome.clone(),
        })
    }
}

impl Receive<GiveUp> for Lobby {
    fn receive(&mut self, GiveUp { users }: GiveUp, cx: &mut RoomContext<Self>) {
        for user in users {
            // Who came back, and is away once more, is for presence to give up.
            if self.seats.is_away(&user)
                && !cx.is_away(&user)
                && let Some(place) = self.seats.free(&user)
            {
                cx.broadcast(&News { text: format!("{} did not come back.", place.name) });
            }
        }
        self.changed(cx);
    }
}

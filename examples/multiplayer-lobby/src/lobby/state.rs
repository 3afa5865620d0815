//! How a lobby is: told to those who are there and to those who look at the list, and how many free
//! seats it has for those who are on the way.

use std::time::Duration;

use salon::{Listing, prelude::*};

use super::{Charters, Lobby, Place};
use crate::{
    code::Code,
    events::{Line, LobbyState, News, Seat},
};

/// How long a seat is kept for somebody on the way from the hall.
const RESERVATION: Duration = Duration::from_secs(10);

/// Keep a seat for a player; from the hall.
pub(crate) struct Reserve {
    pub(crate) user: String,
}

/// A reservation may have run out.
struct LookAgain;

impl Listing for Lobby {
    type Entry = Line;
}

impl Reply<Reserve> for Lobby {
    type Output = Result<(), Refusal>;

    fn reply(&mut self, ask: Reserve, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        if self.charter.kicked.contains(&ask.user) {
            return Err(Refusal::other("kicked", "The host has put you out of this lobby."));
        }
        self.seats.reserve(ask.user, RESERVATION)?;
        self.receive(LookAgain, cx);
        Ok(())
    }
}

impl Receive<LookAgain> for Lobby {
    fn receive(&mut self, _: LookAgain, cx: &mut RoomContext<Self>) {
        self.changed(cx);
        if let Some(wait) = self.seats.next_expiry() {
            cx.after(wait, LookAgain);
        }
    }
}

impl Lobby {
    /// Tells everybody how things are now: who is here, and who looks at the list.
    pub(super) fn changed(&mut self, cx: &mut RoomContext<Self>) {
        self.begin_or_call_off(cx);
        let host = self.seats.first_present().cloned();
        let host_name = host.as_ref().and_then(|host| self.seats.get(host)).map(|it| &it.name);
        if let Some(name) = host_name.filter(|_| self.host.is_some() && self.host != host) {
            cx.broadcast(&News { text: format!("{name} is the host now.") });
        }
        if !self.charter.private {
            cx.list(Line {
                lobby: cx.key().clone(),
                name: self.charter.name.clone(),
                host: host_name.cloned(),
                taken: self.seats.len(),
                free: self.seats.free_seats(),
                locked: self.seats.is_locked(),
                playing: self.stage.playing().is_some(),
            });
        }
        self.host = host;
        self.charter.seated = self.seats.iter().map(|(user, _)| user.clone()).collect();
        if let Ok(charters) = cx.data::<Charters>() {
            charters.put(cx.key().clone(), self.charter.clone());
        }
        cx.broadcast(&self.state(cx.key()));
    }

    fn state(&self, lobby: &Code) -> LobbyState {
        let seat = |(user, place): (&String, &Place)| {
            let Place { name, colour, ready } = place.clone();
            Seat { user: user.clone(), name, colour, ready, away: self.seats.is_away(user) }
        };
        LobbyState {
            lobby: lobby.clone(),
            name: self.charter.name.clone(),
            private: self.charter.private,
            locked: self.seats.is_locked(),
            host: self.host.clone(),
            seats: self.seats.iter().map(seat).collect(),
            countdown: self.stage.countdown(),
            playing: self.stage.playing().cloned(),
            outcome: self.outcome.clone(),
        }
    }
}

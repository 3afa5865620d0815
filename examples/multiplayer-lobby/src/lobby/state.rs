//! How a lobby is: told to those who are there and to those who look at the list, and how many free
//! seats it has for those who are on the way.

use std::{collections::BTreeSet, time::Duration};

use salon::{Listing, prelude::*};

use super::{Charters, Lobby, Place};
use crate::{
    code::Code,
    events::{Line, LobbyState, News, Seat},
    game::{LookAround, Match},
};

/// How long a seat is kept for somebody on the way from the hall.
const RESERVATION: Duration = Duration::from_secs(10);

/// Keep a seat for a player; from the hall.
pub(crate) struct Reserve {
    pub(crate) user: String,
}

/// A reservation may have run out.
pub(super) struct LookAgain;

impl Listing for Lobby {
    type Entry = Line;
}

impl Reply<Reserve> for Lobby {
    type Output = Result<(), Refusal>;

    fn reply(&mut self, ask: Reserve, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.charter.check_kicked(&ask.user)?;
        self.seats.reserve(ask.user, RESERVATION)?;
        self.look_again(cx);
        Ok(())
    }
}

impl Receive<LookAgain> for Lobby {
    fn receive(&mut self, _: LookAgain, cx: &mut RoomContext<Self>) {
        self.look_again(cx);
    }
}

impl Lobby {
    /// Tells how things are, and again when the next reservation runs out. One timer is enough,
    /// however many seats are reserved, and however often.
    fn look_again(&mut self, cx: &mut RoomContext<Self>) {
        if let Some(timer) = self.look_again.take() {
            cx.cancel(timer);
        }
        self.look_again = self.seats.next_expiry().map(|wait| cx.tell_after(wait, LookAgain));
        self.changed(cx);
    }

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
        self.write_down(cx);
        cx.broadcast(&self.state(cx.key()));
    }

    /// Keeps how the lobby is, and writes down what others go by; tells the match that is on if somebody else may be
    /// there now.
    pub(super) fn write_down(&mut self, cx: &RoomContext<Self>) {
        self.charter.locked = self.seats.is_locked();
        let mut here: BTreeSet<_> = self.seats.iter().map(|(user, _)| user.clone()).collect();
        here.extend(cx.members().map(|member| member.identity().sub.clone()));
        let others = std::mem::replace(&mut self.charter.here, here) != self.charter.here;
        // Why it could not be is logged; what was kept before stays.
        let _ = self.keep(cx);
        if let Ok(charters) = cx.data::<Charters>() {
            charters.put(cx.key().clone(), self.charter.clone());
        }
        // In this order: who comes to the match from here on is judged by what is written down.
        if let Some(id) = self.stage.playing().filter(|_| others) {
            // It need not be waited for, nor opened if nobody has come there yet.
            drop(cx.room::<Match>(id).ask(LookAround));
        }
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
            free: self.seats.free_seats(),
            countdown: self.stage.countdown(),
            playing: self.stage.playing().cloned(),
            outcome: self.outcome.clone(),
        }
    }
}

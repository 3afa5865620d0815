//! The lobby: where players meet, say that they are ready, and chat.

use std::time::Duration;

use salon::{DisconnectReason::ClientNamespaceDisconnect, prelude::*};

use crate::{
    events::{Countdown, Join, Leave, News, Ready, Roster, Said, Say, Seat},
    hall::Lobbies,
    player::Player,
    text::Name,
};

/// How many players a lobby has room for.
pub const SEATS: usize = 8;
/// How many it takes to begin.
const QUORUM: usize = 2;
/// Seconds from the moment when all are ready.
const COUNTDOWN: u32 = 3;

/// One lobby: an actor, so its fields need no lock.
#[derive(Debug)]
pub struct Lobby {
    name: Name,
    lobbies: Lobbies,
    /// In the order in which players came, so that the host's successor is the next one.
    seats: Vec<Seat>,
    countdown: Option<Ticking>,
}

/// A countdown that runs.
#[derive(Debug)]
struct Ticking {
    timer: Timer,
    left: u32,
}

/// A second of a countdown has passed.
#[derive(Clone)]
struct Tick;

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    type Key = Name;
    type Identity = Player;
    type Events = (Join, Ready, Say, Leave);

    fn open(name: &Name, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let lobbies = cx.data::<Lobbies>()?.clone();
        // Nobody, unless the lobby is opened anew after a panic: then its players keep their seats.
        let seats: Vec<_> = cx.members().map(|member| Seat::of(&member)).collect();
        let mut lobby = Self { name: name.clone(), lobbies, seats, countdown: None };
        if !cx.is_empty() {
            cx.broadcast(&Countdown { seconds: None });
            lobby.changed(cx);
        }
        Ok(lobby)
    }

    fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        if self.seats.len() == SEATS {
            let message = format!("All {SEATS} seats of this lobby are taken.");
            return Err(Refusal::other("full", message));
        }
        cx.broadcast(&News { text: format!("{} came in.", who.identity().name) });
        self.seats.push(Seat::of(who));
        Ok(())
    }

    fn left(&mut self, who: &Member<Player>, why: Departure, cx: &mut RoomContext<Self>) {
        let was_host = self.seats.first().is_some_and(|seat| seat.is_of(who));
        self.seats.retain(|seat| !seat.is_of(who));
        let name = &who.identity().name;
        let text = match why {
            Departure::Left | Departure::Disconnected(ClientNamespaceDisconnect) => {
                format!("{name} left.")
            }
            _ => format!("{name} lost the connection."),
        };
        cx.broadcast(&News { text });
        if let Some(host) = self.seats.first().filter(|_| was_host) {
            cx.broadcast(&News { text: format!("{} is the host now.", host.name) });
        }
        self.changed(cx);
    }
}

impl On<Join> for Lobby {
    fn on(&mut self, _: Join, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.changed(cx);
        Ok(())
    }
}

impl On<Ready> for Lobby {
    fn on(&mut self, event: Ready, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let who = cx.sender();
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.is_of(&who)) {
            seat.ready = event.ready;
        }
        self.changed(cx);
        Ok(())
    }
}

impl On<Say> for Lobby {
    fn on(&mut self, event: Say, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let who = cx.sender();
        let (id, name) = (who.id().to_string(), who.identity().name.clone());
        cx.broadcast(&Said { id, name, text: event.text });
        Ok(())
    }
}

impl On<Leave> for Lobby {
    fn on(&mut self, _: Leave, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let who = cx.sender();
        cx.leave(&who);
        Ok(())
    }
}

impl Receive<Tick> for Lobby {
    /// Says how many seconds are left. After the last one all may get ready for the next round.
    fn receive(&mut self, _: Tick, cx: &mut RoomContext<Self>) {
        let Some(ticking) = &mut self.countdown else { return };
        ticking.left -= 1;
        let left = ticking.left;
        if left == 0 {
            cx.cancel(ticking.timer);
            self.countdown = None;
            self.seats.iter_mut().for_each(|seat| seat.ready = false);
            self.changed(cx);
        }
        cx.broadcast(&Countdown { seconds: Some(left) });
    }
}

impl Seat {
    /// The seat of one who has just come.
    fn of(who: &Member<Player>) -> Self {
        Self { id: who.id().to_string(), name: who.identity().name.clone(), ready: false }
    }

    fn is_of(&self, who: &Member<Player>) -> bool {
        *who.id() == self.id
    }
}

impl Lobby {
    /// Tells everybody who is there now, and begins or calls off the countdown.
    fn changed(&mut self, cx: &mut RoomContext<Self>) {
        self.lobbies.note(&self.name, self.seats.len());
        cx.broadcast(&Roster { lobby: self.name.clone(), seats: self.seats.clone() });
        let everybody_is_ready =
            self.seats.len() >= QUORUM && self.seats.iter().all(|seat| seat.ready);
        match (everybody_is_ready, &self.countdown) {
            (true, None) => {
                let timer = cx.every(Duration::from_secs(1), Tick);
                self.countdown = Some(Ticking { timer, left: COUNTDOWN });
                cx.broadcast(&Countdown { seconds: Some(COUNTDOWN) });
            }
            (false, Some(ticking)) => {
                cx.cancel(ticking.timer);
                self.countdown = None;
                cx.broadcast(&Countdown { seconds: None });
            }
            _ => {}
        }
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        self.lobbies.note(&self.name, 0);
    }
}

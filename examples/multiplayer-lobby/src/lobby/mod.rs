//! The lobby: where players meet, take seats and chat. An actor, so its fields need no lock.

mod host;
mod rounds;

use std::{collections::BTreeSet, time::Duration};

use salon::{Listing, Presence, Present, Seats, Taken, prelude::*};

use crate::{
    code::Code,
    events::{
        Join, Kick, Leave, Line, LobbyState, Lock, News, Outcome, Ready, Role, Said, Say, Seat,
    },
    game::Match,
    guests::Player,
    records::Records,
    text::Name,
};

pub(crate) use self::rounds::Over;
use self::rounds::Stage;

/// How many players a lobby has room for.
pub const SEATS: usize = 8;
/// How long the seat of one who lost the connection, or whose token ran out, is kept.
pub const GRACE: Duration = Duration::from_secs(30);
/// How long a seat is kept for somebody on the way from the hall.
const RESERVATION: Duration = Duration::from_secs(10);

/// The lobbies that there are.
pub type Charters = Records<Code, Charter>;

/// What is written down of a lobby: what it knows again if its code panics.
#[derive(Clone, Debug)]
pub struct Charter {
    name: Name,
    private: bool,
    /// Who sits there, in the order in which they came.
    seated: Vec<String>,
    /// Who is never let in again.
    pub(crate) kicked: BTreeSet<String>,
    /// How many matches there have been.
    rounds: u32,
}

impl Charter {
    /// Of a new lobby.
    pub(crate) fn new(name: Name, private: bool) -> Self {
        Self { name, private, seated: Vec::new(), kicked: BTreeSet::new(), rounds: 0 }
    }
}

/// One lobby.
#[derive(Debug)]
pub struct Lobby {
    charter: Charter,
    /// By the player's `sub`, so that it is the same seat on the next connection.
    seats: Seats<String, Place>,
    /// Who was the host when everybody was told last.
    host: Option<String>,
    stage: Stage,
    outcome: Option<Outcome>,
}

/// What is kept for each seat.
#[derive(Clone, Debug)]
struct Place {
    name: Name,
    colour: usize,
    ready: bool,
}

/// Keep a seat for a player; from the hall.
pub(crate) struct Reserve {
    pub(crate) user: String,
}

/// A reservation may have run out.
struct LookAgain;

/// What the others see of somebody who is there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Card {
    /// What they are called.
    pub name: Name,
    /// What they are there for.
    pub role: Role,
}

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    /// No shorter than a seat is kept.
    const LINGER: Duration = GRACE;
    const PRESENCE: Presence<Self> = Presence::on().grace(GRACE).after_lapse();
    type Key = Code;
    type Identity = Player;
    type Events = (Join, Ready, Say, Lock, Kick, Leave);

    fn open(code: &Code, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let charter = cx.data::<Charters>()?.get(code);
        let charter = charter.ok_or_else(|| Refusal::not_found("No lobby has this code."))?;
        let mut seats = Seats::new(SEATS);
        // Those who stayed when it panicked, as they sat. In a new lobby there is nobody.
        for user in &charter.seated {
            if let Some(member) = cx.members().find(|member| member.identity().sub == *user) {
                let place = Place::new(&member, &seats);
                seats.take(user.clone(), || place)?;
            }
        }
        let stage = Stage::of(code, charter.rounds, cx)?;
        let mut lobby = Self { charter, seats, host: None, stage, outcome: None };
        lobby.changed(cx);
        Ok(lobby)
    }

    fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let Player { sub, name } = who.identity();
        if self.charter.kicked.contains(sub) {
            return Err(Refusal::other("kicked", "The host has put you out of this lobby."));
        }
        if cx.joining::<Join>().is_some_and(|join| join.role == Role::Spectator) {
            return Ok(());
        }
        let place = Place::new(who, &self.seats);
        let text = match self.seats.take(sub.clone(), || place)? {
            Taken::New | Taken::Reserved => format!("{name} came in."),
            Taken::Back => format!("{name} is back."),
        };
        cx.broadcast(&News { text });
        Ok(())
    }

    /// Called however somebody goes. Only presence knows whether they may come back.
    fn left(&mut self, who: &Member<Player>, _: Departure, cx: &mut RoomContext<Self>) {
        let Player { sub, name } = who.identity();
        if let Stage::Playing(id) = &self.stage {
            // Who is out of the lobby is out of its match; it need not be waited for.
            drop(cx.room::<Match>(id).evict(who.id()));
        }
        if cx.is_away(sub) && self.seats.away(sub) {
            let text = format!("{name} lost the connection. The seat is kept for 30 seconds.");
            cx.broadcast(&News { text });
            self.changed(cx);
        }
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if let Ok(charters) = cx.data::<Charters>() {
            charters.remove(cx.key());
        }
    }
}

impl Present for Lobby {
    type Meta = Card;

    fn meta(&self, who: &Member<Player>) -> Card {
        let Player { sub, name } = who.identity().clone();
        let role = if self.seats.contains(&sub) { Role::Player } else { Role::Spectator };
        Card { name, role }
    }

    /// Gone for good: left, put out, or not back in time.
    fn absent(&mut self, user: &str, cx: &mut RoomContext<Self>) {
        if let Some(place) = self.seats.free(&user.to_owned()) {
            cx.broadcast(&News { text: format!("{} left.", place.name) });
            self.changed(cx);
        }
    }
}

impl Listing for Lobby {
    type Entry = Line;
}

impl On<Join> for Lobby {
    fn on(&mut self, _: Join, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.changed(cx);
        Ok(())
    }
}

impl On<Say> for Lobby {
    fn on(&mut self, event: Say, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let Player { sub: user, name } = cx.sender().identity().clone();
        self.place_of(&user)?;
        cx.broadcast(&Said { user, name, text: event.text });
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

impl Place {
    /// A new player's, in a colour that nobody has.
    fn new(who: &Member<Player>, seats: &Seats<String, Self>) -> Self {
        let is_free = |colour: &usize| seats.iter().all(|(_, place)| place.colour != *colour);
        let colour = (0..SEATS).find(is_free).unwrap_or_default();
        Self { name: who.identity().name.clone(), colour, ready: false }
    }
}

impl Lobby {
    /// The place of one who has a seat: what only players may do begins with this.
    fn place_of(&mut self, user: &String) -> Result<&mut Place, Refusal> {
        let watching = || Refusal::forbidden("You are watching: only players may do that.");
        self.seats.get_mut(user).ok_or_else(watching)
    }

    /// Tells everybody how things are now: who is here, and who looks at the list.
    fn changed(&mut self, cx: &mut RoomContext<Self>) {
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

//! The lobby: where players meet, take seats and chat. An actor, so its fields need no lock.

mod host;
mod rounds;
mod state;

use std::{collections::BTreeSet, time::Duration};

use salon::{Presence, Present, Seats, Taken, prelude::*};

use crate::{
    code::Code,
    events::{Join, Kick, Leave, Lock, News, Outcome, Ready, Role, Said, Say},
    game::{Match, Matches},
    guests::Player,
    records::Records,
    text::Name,
};

use self::rounds::Stage;
pub(crate) use self::{rounds::Over, state::Reserve};

/// How many players a lobby has room for.
pub const SEATS: usize = 8;
/// How long the seat of one who lost the connection, or whose token ran out, is kept.
pub const GRACE: Duration = Duration::from_secs(30);
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
            let text = format!("{name} is away. The seat is kept for 30 seconds.");
            cx.broadcast(&News { text });
            self.changed(cx);
        }
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if let Ok(charters) = cx.data::<Charters>() {
            charters.remove(cx.key());
        }
        if let (Some(id), Ok(matches)) = (self.stage.playing(), cx.data::<Matches>()) {
            matches.remove(id);
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
}

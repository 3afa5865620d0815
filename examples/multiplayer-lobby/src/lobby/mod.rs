//! The lobby: where players meet, take seats and chat. An actor, so its fields need no lock.

mod charter;
mod host;
mod kept;
mod not_allowed;
mod rounds;
mod state;

use std::time::Duration;

use salon::{History, Presence, Present, Seats, Taken, prelude::*};
use schemars::JsonSchema;

use crate::{
    code::Code,
    events::{Join, Kick, Leave, LobbyState, Lock, News, Outcome, Ready, Role, Said, Say},
    game::{Match, Matches},
    guests::Player,
    text::Name,
};

pub use self::charter::{Charter, Charters};
use self::rounds::Stage;
pub(crate) use self::{
    charter::cross_out_unused, not_allowed::NotAllowed, rounds::Over, state::Reserve,
};

/// How many players a lobby has room for.
pub const SEATS: usize = 8;
/// How long the seat of one who lost the connection, or whose token ran out, is kept.
pub const GRACE: Duration = Duration::from_secs(30);

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
    /// Until the next reservation runs out.
    look_again: Option<Timer>,
    /// Whether it was found again, and nobody has come back yet.
    waits: bool,
}

/// What is kept for each seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    name: Name,
    colour: usize,
    ready: bool,
}

/// What the others see of somebody who is there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
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
    /// No event: whoever comes is told all there is to know. What is kept is the lobby itself.
    const HISTORY: History = History::NONE.durable();
    const PRESENCE: Presence<Self> = Presence::on().grace(GRACE).after_lapse().described();
    type Key = Code;
    type Identity = Player;
    type Events = (Join, Ready, Say, Lock, Kick, Leave);
    type Sends = (LobbyState, News, Said);

    fn open(code: &Code, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let mut lobby = Self::find(code, cx)?;
        lobby.changed(cx);
        Ok(lobby)
    }

    fn admit(&mut self, who: &Member<Player>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.charter.check_kicked(&who.identity().sub)?;
        match cx.joining::<Join>() {
            Some(Join { role: Role::Spectator, .. }) => {}
            _ => self.sit(who, cx)?,
        }
        self.waits = false;
        Ok(())
    }

    /// Called however somebody goes. Only presence knows whether they may come back.
    fn left(&mut self, who: &Member<Player>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        let Player { sub, name } = who.identity();
        if let Stage::Playing(id) = &self.stage {
            // Also if the player is still here by another connection; it need not be waited for.
            drop(cx.room::<Match>(id).evict(who.id()));
        }
        if cx.is_away(sub) && self.seats.away(sub) {
            let text = format!("{name} is away. The seat is kept for 30 seconds.");
            cx.broadcast(&News { text });
            self.changed(cx);
        } else if why != LeaveReason::Closed {
            self.write_down(cx);
        }
    }

    /// It is over, unless somebody was refused in it who came before its players.
    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if self.waits {
            return;
        }
        cx.keep_nothing();
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
    /// Also of one who is here already, and is not asked for in `admit` again.
    fn on(&mut self, event: Join, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let who = cx.sender();
        let Player { sub, name } = who.identity();
        let own: Vec<_> = cx.members().filter(|it| it.identity().sub == *sub).collect();
        match (event.role, self.seats.contains(sub)) {
            (Role::Player, false) => self.sit(who, cx)?,
            // Unless the seat is that of another tab.
            (Role::Spectator, true) if own.len() == 1 => {
                self.seats.free(sub);
                cx.broadcast(&News { text: format!("{name} is watching now.") });
            }
            _ => {}
        }
        for member in &own {
            cx.update_presence(member);
        }
        self.changed(cx);
        Ok(())
    }
}

impl On<Say> for Lobby {
    fn on(&mut self, event: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let Player { sub: user, name } = cx.sender().identity().clone();
        self.place_of(&user)?;
        cx.broadcast(&Said { user, name, text: event.text });
        Ok(())
    }
}

impl On<Leave> for Lobby {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
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
    /// Gives a player a seat, or says why not.
    fn sit(&mut self, who: &Member<Player>, cx: &RoomContext<Self>) -> Result<(), Refusal> {
        let Player { sub, name } = who.identity();
        let place = Place::new(who, &self.seats);
        let text = match self.seats.take(sub.clone(), || place)? {
            Taken::New | Taken::Reserved => format!("{name} came in."),
            Taken::Back => format!("{name} is back."),
        };
        cx.broadcast(&News { text });
        Ok(())
    }

    /// The place of one who has a seat: what only players may do begins with this.
    fn place_of(&mut self, user: &String) -> Result<&mut Place, NotAllowed> {
        self.seats.get_mut(user).ok_or(NotAllowed::Watching)
    }
}

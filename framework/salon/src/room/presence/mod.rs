//! Who is in a room, as users and not as connections, and how the members are kept up to date.
//!
//! It must never keep one who is gone for longer than its grace, nor tell of one twice.

mod change;
mod context;
mod state;

use std::{fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use change::{PresenceChange, PresenceSnapshot, PresentUser};

pub(super) use state::PresenceState;

use super::{Member, Room, RoomContext};

/// A room that tells its members who is there: say so by [`Room::PRESENCE`].
///
/// A user is whoever the authenticator gives a subject: all its connections are one user, with one
/// meta each. A session without a subject is a user of its own, by its id.
///
/// Whoever joins gets the users in its `salon:joined`. Every change after that is an event
/// `salon:presence` in the room's order: see [`PresenceChange`].
///
/// ```
/// use std::time::Duration;
///
/// use salon::prelude::*;
/// use salon::{Present, Presence};
///
/// struct Player { name: String }
///
/// #[derive(Serialize, Deserialize)]
/// struct Card { name: String, ready: bool }
///
/// #[derive(Deserialize, Event)]
/// #[event("lobby:join", room = Lobby(lobby), join)]
/// struct Join { lobby: u32 }
///
/// #[derive(Deserialize, Event)]
/// #[event("lobby:ready", room = Lobby(lobby))]
/// struct Ready { lobby: u32 }
///
/// #[derive(Default)]
/// struct Lobby { ready: Vec<String> }
///
/// impl Room for Lobby {
///     const NAME: &'static str = "lobby";
///     const PRESENCE: Presence<Self> = Presence::on().grace(Duration::from_secs(30));
///     type Key = u32;
///     type Identity = Player;
///     type Events = (Join, Ready);
///     type Sends = ();
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self::default())
///     }
/// }
///
/// impl Present for Lobby {
///     type Meta = Card;
///
///     fn meta(&self, who: &Member<Player>) -> Card {
///         let name = who.identity().name.clone();
///         Card { ready: self.ready.contains(&name), name }
///     }
///
///     fn absent(&mut self, user: &str, _: &mut RoomContext<Self>) {
///         println!("{user} did not come back in time");
///     }
/// }
///
/// impl On<Join> for Lobby {
///     fn on(&mut self, _: Join, _: &mut EventContext<Self>) -> Result<(), Refusal> {
///         Ok(())
///     }
/// }
///
/// impl On<Ready> for Lobby {
///     fn on(&mut self, _: Ready, cx: &mut EventContext<Self>) -> Result<(), Refusal> {
///         let who = cx.sender();
///         self.ready.push(who.identity().name.clone());
///         cx.update_presence(who);
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the room `{Self}` does not say what is seen of its members",
    note = "write `impl Present for {Self}`, or leave `PRESENCE` as it is"
)]
pub trait Present: Room {
    /// What the others see of one connection of a user: a JSON value, without binary data.
    type Meta: Serialize + DeserializeOwned + Send + 'static;

    /// What is seen of a member. It is asked for when it is admitted, and again after
    /// [`update_presence`](RoomContext::update_presence).
    fn meta(&self, who: &Member<Self::Identity>) -> Self::Meta;

    /// A user is not there any more: its last connection has left, and if it was lost, the grace is
    /// over. It comes after [`Room::left`], and not at all for a room that closes or restarts.
    fn absent(&mut self, user: &str, cx: &mut RoomContext<Self>) {
        let _ = (user, cx);
    }
}

/// Whether a room tells its members who is there, and how: a value of [`Room::PRESENCE`].
pub struct Presence<R: Room> {
    pub(super) of: Option<Hooks<R>>,
    pub(super) grace: Duration,
    pub(super) after_lapse: bool,
    pub(super) most: usize,
}

/// The room's side of it, where `R` is not known to be [`Present`].
pub(super) struct Hooks<R: Room> {
    pub(super) meta: fn(&R, &Member<R::Identity>) -> serde_json::Result<Value>,
    pub(super) absent: fn(&mut R, &str, &mut RoomContext<R>),
}

impl<R: Room> Presence<R> {
    /// Nobody is told, and nothing is kept.
    pub const OFF: Self = Self { of: None, grace: Duration::ZERO, after_lapse: false, most: 0 };

    /// The members are told of every user: with a grace of ten seconds, and of up to 1,000 users
    /// each by name.
    #[must_use]
    pub const fn on() -> Self
    where
        R: Present,
    {
        let hooks = Hooks { meta: meta_of::<R>, absent: R::absent };
        Self { of: Some(hooks), grace: Duration::from_secs(10), after_lapse: false, most: 1_000 }
    }

    /// How long a user whose last connection was lost is still taken to be there, so that who comes
    /// back in time has not been away. One who leaves, is put out or loses its right is gone at
    /// once (see [`after_lapse`](Self::after_lapse)), and so is one without a subject, who cannot be
    /// known again.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Gives the grace also to those whose right to be there ended, so that one whose token ran out
    /// keeps the seat while fetching another. A [revocation](crate::Salon::revoke) ends a right like
    /// any other: whoever is to be gone by it at once is to be put out of the room as well.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::{Presence, Present};
    ///
    /// const fn of_a_lobby<R: Present>() -> Presence<R> {
    ///     Presence::on().grace(Duration::from_secs(30)).after_lapse()
    /// }
    /// ```
    #[must_use]
    pub const fn after_lapse(self) -> Self {
        Self { after_lapse: true, ..self }
    }

    /// With more users than this the members are told how many there are, once a second at most,
    /// and not who: `salon:presence { room, count }`. When a quarter less is left they are given the
    /// list again.
    #[must_use]
    pub const fn count_above(self, users: usize) -> Self {
        Self { most: users, ..self }
    }
}

fn meta_of<R: Present>(room: &R, who: &Member<R::Identity>) -> serde_json::Result<Value> {
    serde_json::to_value(room.meta(who))
}

impl<R: Room> fmt::Debug for Presence<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, grace, after_lapse, most } = self;
        f.debug_struct("Presence")
            .field("on", &of.is_some())
            .field("grace", grace)
            .field("after_lapse", after_lapse)
            .field("count_above", most)
            .finish()
    }
}

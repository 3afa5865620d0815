//! Who is in a room, as users and not as connections, and how the members are kept up to date.
//!
//! It must never keep one who is gone for longer than its grace, nor tell of one twice.

mod change;
mod context;
mod setting;
mod state;

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use change::{PresenceChange, PresenceSnapshot, PresentUser};
pub use setting::Presence;

pub(super) use state::PresenceState;

use super::{context::RoomContext, contract::Room, membership::Member};
use crate::{
    payload::{JsonError, Payload, PayloadError},
    room::presence::setting::Hooks,
    session::handle::SessionHandle,
};

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

impl<R: Present> Presence<R> {
    /// The members are told of every user: with a grace of ten seconds, and of up to 1,000 users
    /// each by name.
    #[must_use]
    pub const fn on() -> Self {
        let hooks = Hooks { meta: meta_of::<R>, absent: R::absent };
        Self {
            of: Some(hooks),
            grace: Duration::from_secs(10),
            after_lapse: false,
            most: 1_000,
            #[cfg(feature = "contract")]
            schema: None,
        }
    }

    /// Has what is seen of a member in the [contract](crate::contract) of the app.
    #[cfg(feature = "contract")]
    #[must_use]
    pub const fn described(self) -> Self
    where
        R::Meta: schemars::JsonSchema,
    {
        Self { schema: salon_contract::schema::Of::<R::Meta>::SCHEMA, ..self }
    }
}

/// Bytes in it are text, as they are wherever nothing is attached.
fn meta_of<R: Present>(room: &R, who: &Arc<SessionHandle>) -> Result<Value, PayloadError> {
    let payload = Payload::encode_single(&room.meta(&Member::new(who.clone())))?;
    let text = payload.inlined().unwrap_or_default();
    serde_json::from_str(&text)
        .map_err(|source| PayloadError::Unserializable { source: JsonError::new(source) })
}

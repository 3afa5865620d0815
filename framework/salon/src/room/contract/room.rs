//! What a room is to the application: what it says of itself, opens, lets in and answers.
//!
//! It must never say how a room is run.

use std::{fmt::Display, hash::Hash, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{entry::ToRoom, guard::Guards, restart::Restart, sends::SentByRoom};
use crate::{
    base::refusal::Refusal,
    event::{Event, Includes, On, OnLater, SentEvents},
    history::History,
    room::{
        context::RoomContext,
        membership::{LeaveReason, Member},
        presence::Presence,
    },
};

/// A room: one actor per key, opened when the first event for it comes, closed when it has been
/// empty for a while.
///
/// Its fields need no lock: one event at a time is handled. See [`On`](crate::event::On) for the
/// handlers of its events, [`room`](macro@crate::room) for the same as one impl block, and the
/// guide's page on [rooms](crate::guide::rooms) for members, order
/// and the end.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("bell:hear", room = Bell(bell), join)]
/// struct Hear { bell: u32 }
///
/// #[derive(Deserialize, Event)]
/// #[event("bell:ring", room = Bell(bell), reply = u64)]
/// struct Ring { bell: u32 }
///
/// #[derive(Serialize, Event)]
/// #[event("bell:rang")]
/// struct Rang { times: u64 }
///
/// struct Bell { times: u64 }
///
/// impl Room for Bell {
///     const NAME: &'static str = "bell";
///     type Key = u32;
///     type Identity = ();
///     type Events = (Hear, Ring);
///     type Sends = (Rang,);
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self { times: 0 })
///     }
/// }
///
/// impl On<Hear> for Bell {
///     fn on(&mut self, _: Hear, _: &mut EventContext<Self>) -> Result<(), Refusal> {
///         Ok(())
///     }
/// }
///
/// impl On<Ring> for Bell {
///     fn on(&mut self, _: Ring, cx: &mut EventContext<Self>) -> Result<u64, Refusal> {
///         self.times += 1;
///         cx.broadcast(&Rang { times: self.times });
///         Ok(self.times)
///     }
/// }
///
/// let salon = Salon::builder().room::<Bell>().build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a room",
    label = "not a room",
    note = "put `#[salon::room(key = …)]` on its impl block with the handlers, or write `impl Room for {Self}`"
)]
pub trait Room: Sized + 'static {
    /// The room's kind; a room is called `NAME:key` in logs and on the wire.
    const NAME: &'static str;

    /// How long a room without members is kept. One that a client has opened, and that has had no
    /// member, is not kept: a joining event that is refused leaves no room behind.
    const LINGER: Duration = Duration::from_secs(10);

    /// How many rooms of this kind may be open at a time, those included that are kept though they
    /// are empty; beyond that an event that would open one is refused as `limit_exceeded`. All kinds
    /// together have a [limit](crate::config::Limits::max_open_rooms) of their own.
    const MAX_OPEN: usize = usize::MAX;

    /// What becomes of the room when its code panics: by default it is opened anew, three times
    /// within a minute at most.
    const RESTART: Restart = Restart::DEFAULT;

    /// Whether what the room sends its members tells its [`Position`](crate::Position) in the room's order, as one more
    /// argument behind the event's own, and whoever joins is told where it begins, by
    /// `salon:joined`. JavaScript's handlers ignore an argument that they do not name; those of
    /// other languages may have to name it.
    const SEQUENCED: bool = true;

    /// What the room keeps of what it has published, for members that come back or cannot take it at once:
    /// nothing by default. It keeps it for as long as it is open: see [`LINGER`](Self::LINGER). A room that
    /// is not [`SEQUENCED`](Self::SEQUENCED) cannot have a history.
    const HISTORY: History = History::NONE;

    /// In how long what the room sends goes out as one write for each client: at once, by default.
    ///
    /// What is first published begins a window, and waits; what the room publishes within it waits behind that,
    /// and so does an answer or an event for one member that comes behind it, so that no answer overtakes what
    /// its handler published before. At the window's end, or as soon as half of what an outbox holds waits, all
    /// of it goes out at once: one command for each worker, one write for each client. An answer behind
    /// which nothing waits goes out at once, as do a question of the room's and whatever is about
    /// who is a member: these send what waits ahead of them, on their member's worker. So a client of a room that
    /// publishes much is written to `1 / WINDOW` times a second, for a delay of `WINDOW` at most: tens of
    /// milliseconds.
    ///
    /// What is `volatile` is for whoever can take something when the window ends. See
    /// [what arrives](crate::guide::what_arrives).
    const WINDOW: Duration = Duration::ZERO;

    /// Whether members are told who is there, and how: see [`Present`](crate::Present).
    const PRESENCE: Presence<Self> = Presence::OFF;

    /// What tells the rooms of this kind apart; a field of every event that goes to one.
    ///
    /// A room is found by its key's `Eq` and `Hash`. It is called by its name, `NAME:key`, with the
    /// `Display` of the key by which it was opened: that is its name for as long as it is open, for
    /// the authority and the guards, in grants and revocations, in logs and on the wire, also where
    /// a client spells the key otherwise, as it may if `Eq` does not look at letters' case. So let
    /// `Display` say all that `Eq` looks at, and each time the same: while a room is open, another
    /// key of the same name is refused as `name_taken`.
    type Key: Clone + Eq + Hash + Display + Send + Sync + 'static;

    /// What the namespace's authenticator yields.
    type Identity: Send + Sync + 'static;

    /// The events it handles, as a tuple; [`Later<E>`](crate::event::Later) for those that are
    /// answered by a future. More than 16 go into lists of their own, `((A, B), (C, D))`.
    type Events: RoomEvents<Self>;

    /// The events that it sends its members, as a tuple: what is not in it cannot be
    /// [broadcast](RoomContext::broadcast), nor sent to [some of them](RoomContext::to). `()` if it
    /// sends none; more than 16 go into lists of their own, `((A, B), (C, D))`. What Salon itself
    /// tells members, such as who is present, is not in it.
    type Sends: SentEvents;

    /// Opens the room of that key. It has no members then, unless it is opened anew after a panic:
    /// then [`RoomContext::members`] has those that stayed, and [`admit`](Self::admit) is not
    /// called for them. A room that has to wait for its state returns
    /// [`cx.load(future)`](RoomContext::load).
    ///
    /// # Errors
    /// A [`Refusal`] is the answer to every event that was to go to the room. If it is opened anew
    /// its members are out, and are told the refusal's code.
    fn open(key: &Self::Key, cx: &mut RoomContext<Self>) -> Result<Self, Refusal>;

    /// Decides whether a session that sent a joining event becomes a member. Nobody is told before
    /// it has decided; what the event says is in [`RoomContext::joining`].
    ///
    /// # Errors
    /// A [`Refusal`] is the answer to the event; the sender is no member.
    fn admit(
        &mut self,
        who: &Member<Self::Identity>,
        cx: &mut RoomContext<Self>,
    ) -> Result<(), Refusal> {
        let _ = (who, cx);
        Ok(())
    }

    /// A member has left, for whatever reason; if the room closes, after
    /// [`closing`](Self::closing), and with [`LeaveReason::Closed`]. It is no member any more when
    /// this is called. Not called for those who are out because the room panicked too often.
    fn left(&mut self, who: &Member<Self::Identity>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        let _ = (who, why, cx);
    }

    /// The room is about to close, with the members it has; [`left`](Self::left) is called for each
    /// of them afterwards. Nothing is done any more of what either asks for: the room does close.
    /// Not called after a panic.
    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        let _ = cx;
    }
}

/// An event that goes to a room; implemented by the derive for `room = Type(field)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a room",
    note = "name the room in its derive: `#[event(\"name\", room = Lobby(key_field))]`"
)]
pub trait RoomEvent: Event {
    /// The kind of room.
    type Room: Room;
    /// Who may send it.
    #[doc(hidden)]
    const SENDERS: Senders;
    /// Which room of that kind.
    fn key(&self) -> &<Self::Room as Room>::Key;
}

/// Who may send an event to a room.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Senders {
    /// Whoever the room admits becomes a member by it.
    Join,
    /// Members.
    Member,
    /// Members and others, who become none by it.
    Anyone,
}

#[cfg(feature = "contract")]
impl From<Senders> for salon_contract::document::SentBy {
    fn from(senders: Senders) -> Self {
        match senders {
            Senders::Join => Self::Join,
            Senders::Member => Self::Member,
            Senders::Anyone => Self::Anyone,
        }
    }
}

/// A list of the events that the room `R` handles: a tuple of them, or of further lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of events of the room `{R}`",
    note = "a list is a tuple of up to 16: `(Join, Say)`, or `(Join,)` with its comma for one alone",
    note = "more than 16 events go into lists of their own: `((Join, Leave), (Say, Edit))`"
)]
pub trait RoomEvents<R: Room> {
    #[doc(hidden)]
    fn list(takes: &mut impl TakesEvents<R>);
}

/// Takes the events of a list, one after the other.
#[doc(hidden)]
pub trait TakesEvents<R: Room> {
    /// One that is answered at once.
    fn at_once<E>(&mut self)
    where
        R: On<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>;

    /// One that is answered by a future.
    fn later<E>(&mut self)
    where
        R: OnLater<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>;
}

#[diagnostic::do_not_recommend]
impl<R: Room, E: Event, At> SentByRoom<R, At> for E where
    <R::Sends as SentEvents>::Pairs: Includes<E::Static, At>
{
}

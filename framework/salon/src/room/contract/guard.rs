//! Guards: checks of an application's own, one type each, that an event names in its derive.
//!
//! It must never decide in which order checks are made, nor what becomes of their answers.

use std::{fmt, marker::PhantomData};

use crate::{
    auth::Handshake,
    base::{data::Data, refusal::Refusal},
    event::Event,
    hub::Socket,
};

/// A check of an event before its handler gets it, named by `guard = Type` in the event's derive.
///
/// Guards are asked in the order in which the derive names them, after the payload, the membership
/// and the permission, and the first that refuses answers for all. They run on the worker of the
/// session that sent the event, and its later events wait: a guard that awaits must not await its
/// own client, of which nothing is read meanwhile. All that is asked about one event may take
/// `timeouts.middleware`; then it is refused as `timeout`.
///
/// ```
/// use salon::{Checked, Guard, prelude::*};
///
/// #[derive(Deserialize, Event)]
/// #[event("say", guard = NotTooLong, guard = NotMuted)]
/// struct Say { text: String }
///
/// struct NotTooLong;
///
/// impl Guard<Say> for NotTooLong {
///     type Identity = ();
///
///     async fn check(cx: Checked<'_, Say, ()>) -> Result<(), Refusal> {
///         match cx.event().text.len() {
///             0..=500 => Ok(()),
///             bytes => Err(Refusal::other("too_long", format!("{bytes} bytes are over 500"))),
///         }
///     }
/// }
///
/// /// Looks into what the application gave to the builder with `data`.
/// struct NotMuted;
///
/// #[derive(Default)]
/// struct Mutes(std::sync::RwLock<Vec<String>>);
///
/// impl<E: Event> Guard<E> for NotMuted {
///     type Identity = ();
///
///     async fn check(cx: Checked<'_, E, ()>) -> Result<(), Refusal> {
///         let mutes = cx.data::<Mutes>()?.0.read().map_err(Refusal::internal)?;
///         if mutes.iter().any(|muted| muted == cx.socket().id()) {
///             return Err(Refusal::other("muted", "you are muted"));
///         }
///         Ok(())
///     }
/// }
///
/// struct Talk;
///
/// impl Session for Talk {
///     type Identity = ();
///     type Events = (Say,);
///     type Sends = ();
///
///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> { Ok(Self) }
/// }
///
/// impl On<Say> for Talk {
///     fn on(&mut self, _: Say, _: &mut SessionContext<Self>) -> Result<(), Refusal> { Ok(()) }
/// }
///
/// let salon = Salon::builder().data(Mutes::default()).session::<Talk>().build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no guard of `{E}`",
    label = "`{E}` is listed, and names `{Self}` as its guard",
    note = "write `impl Guard<{E}> for {Self}`"
)]
pub trait Guard<E: Event>: 'static {
    /// The identity of the sessions and rooms whose events it checks.
    type Identity: 'static;

    /// Checks one event; write it as `async fn check`. One that awaits nothing is done at once.
    ///
    /// # Errors
    /// A [`Refusal`] is the answer to the event, whose handler does not get it.
    fn check(cx: Checked<'_, E, Self::Identity>) -> impl Future<Output = Result<(), Refusal>>;
}

/// An event that a [`Guard`] checks, with who sent it and where to. Copying it costs nothing.
pub struct Checked<'a, E, I> {
    pub(in crate::room) event: &'a E,
    pub(in crate::room) room: Option<&'a str>,
    pub(in crate::room) socket: &'a Socket,
    pub(in crate::room) data: &'a Data,
    pub(in crate::room) of: PhantomData<fn() -> I>,
}

impl<'a, E, I: 'static> Checked<'a, E, I> {
    /// Who sent it.
    #[must_use]
    pub fn identity(&self) -> &'a I {
        // The builder compares the identity of the session or room, which is the guard's, with the
        // authenticator's.
        self.socket.identity().expect("the identity is of the namespace's type")
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &'a E {
        self.event
    }

    /// The name of the room, `NAME:key`, if it goes to one. That its sender is a member is known for
    /// certain only by the room, which has the last word on it.
    #[must_use]
    pub fn room(&self) -> Option<&'a str> {
        self.room
    }

    /// The session that sent it.
    #[must_use]
    pub fn socket(&self) -> &'a Socket {
        self.socket
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &'a Handshake {
        self.socket.handshake()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&'a T, Refusal> {
        self.data.get()
    }
}

impl<E, I> Clone for Checked<'_, E, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, I> Copy for Checked<'_, E, I> {}

impl<E: Event, I> fmt::Debug for Checked<'_, E, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("event", &E::NAME).field("room", &self.room).finish()
    }
}

/// The guards of an event, where sessions and rooms have the identity `I`: `()` for none, or the
/// first and the rest.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of guards of `{E}`",
    note = "write `type Guards = ();` for none, else the first and the rest: `(NotMuted, ())`"
)]
pub trait Guards<E: Event, I>: 'static {
    #[doc(hidden)]
    const NONE: bool;

    #[doc(hidden)]
    fn check(cx: Checked<'_, E, I>) -> impl Future<Output = Result<(), Refusal>>;
}

impl<E: Event, I> Guards<E, I> for () {
    const NONE: bool = true;

    async fn check(_: Checked<'_, E, I>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl<E, I, First, Rest> Guards<E, I> for (First, Rest)
where
    E: Event,
    First: Guard<E, Identity = I>,
    Rest: Guards<E, I>,
{
    const NONE: bool = false;

    async fn check(cx: Checked<'_, E, I>) -> Result<(), Refusal> {
        First::check(cx).await?;
        Rest::check(cx).await
    }
}

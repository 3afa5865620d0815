//! What the derive and the attributes of impl blocks expand to, beside the traits.
//!
//! It must never be named by hand: it may change with every version.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::DeserializeOwned;

use crate::base::refusal::Code;

pub use salon_contract::{
    __schemas as schemas,
    event::{EventKey, Policy, Shape},
};

pub use crate::{
    app::{
        Candidate, Lapse, Session, SessionContext,
        session::{SessionEvent, ToSession},
    },
    base::{config::Rate, disconnect::DisconnectReason, refusal::Refusal, refusals::Refusals},
    event::{Event, IntoReply, Later, On, OnLater, Route},
    history::History,
    room::{
        LeaveReason, LoadContext, Member, Presence, Restart, Room, RoomContext, RoomEvent, Senders,
        ToRoom,
    },
};

/// A refusal with one of an application's codes, or of Salon's own.
#[must_use]
pub fn refused(code: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::known(code), message)
}

/// The words of a refusal that has none in its attribute.
#[must_use]
pub fn worded<T: Worded>(refusal: &T) -> String {
    refusal.words()
}

/// What says its own words.
#[diagnostic::on_unimplemented(
    message = "nothing says the words of this refusal",
    label = "it has no message, and `{Self}` no `Display`",
    note = "write them behind the code, `#[refusal(\"table_full\", \"All {{seats}} seats are taken.\")]`, or \
            `impl Display for {Self}`"
)]
pub trait Worded {
    fn words(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display> Worded for T {
    fn words(&self) -> String {
        self.to_string()
    }
}

/// A method of a room without a mark, that takes an `E` and a handler's context.
#[derive(Debug)]
pub struct UnmarkedOfRoom<R, E>(PhantomData<fn(R, E)>);

/// As [`UnmarkedOfRoom`], of a session.
#[derive(Debug)]
pub struct UnmarkedOfSession<S, E>(PhantomData<fn(S, E)>);

impl<R, E> UnmarkedOfRoom<R, E> {
    pub const NEW: Self = Self(PhantomData);
}

impl<S, E> UnmarkedOfSession<S, E> {
    pub const NEW: Self = Self(PhantomData);
}

/// Whatever such a method takes: found behind what looks closer, by one more reference.
pub trait Unknown {
    fn is_marked(&self) {}
}

impl<R, E> Unknown for &UnmarkedOfRoom<R, E> {}

impl<S, E> Unknown for &UnmarkedOfSession<S, E> {}

/// The event is one that goes to this room.
pub trait LooksAtRoom {
    #[deprecated = "this method takes an event that goes to this room and has no handler: mark it `#[on]`"]
    fn is_marked(&self) {}
}

impl<R: Room, E: RoomEvent<Room = R>> LooksAtRoom for UnmarkedOfRoom<R, E> {}

/// The event is one that clients send, and that goes to a session.
pub trait LooksAtSession {
    #[deprecated = "this method takes an event that goes to a session and has no handler: mark it `#[on]`"]
    fn is_marked(&self) {}
}

impl<S: Session, E: Event<Route = ToSession> + DeserializeOwned> LooksAtSession
    for UnmarkedOfSession<S, E>
{
}

/// The state of a room or a session that says nothing of how it is made.
#[must_use]
pub fn made_by_default<T: ByDefault>() -> T {
    T::by_default()
}

/// What is made without being told how.
#[diagnostic::on_unimplemented(
    message = "nothing says how the state of `{Self}` is made",
    label = "it has no `Default`, and no hook that makes it",
    note = "add `#[derive(Default)]` to `{Self}`; or, for a room, \
            `#[hook] fn open(key: &Key, cx: &mut RoomContext<Self>) -> Result<Self, Refusal>`, and for \
            a session `#[hook] fn connect(client: &Candidate<'_, Identity>) -> Result<Self, Refusal>`"
)]
pub trait ByDefault {
    fn by_default() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> ByDefault for T {
    fn by_default() -> Self {
        Self::default()
    }
}

/// Has a room loaded by an async `open`.
///
/// # Errors
/// As [`RoomContext::load`].
pub fn load<R: Room, T: IntoReply<R> + 'static>(
    cx: &mut RoomContext<R>,
    open: impl AsyncFnOnce(&LoadContext<R>) -> T + 'static,
) -> Result<R, Refusal> {
    let context = LoadContext::new(cx);
    cx.load(async move { open(&context).await.into_reply() })
}

//! What the derive and the attributes of impl blocks expand to, beside the traits.
//!
//! It must never be named by hand: it may change with every version.

use std::{borrow::Cow, fmt};

use crate::base::refusal::Code;

pub use salon_contract::event::{Policy, Shape};

pub use crate::{
    base::{config::Rate, disconnect::DisconnectReason, refusal::Refusal, refusals::Refusals},
    connection::{
        Candidate, Lapse, Session, SessionContext,
        session::{SessionEvent, ToSession},
    },
    event::{Event, IntoReply, Later, On, OnLater, Route},
    room::{
        Entry, LeaveReason, LoadContext, Member, Presence, Restart, Room, RoomContext, RoomEvent,
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

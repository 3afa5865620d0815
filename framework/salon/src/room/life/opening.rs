//! The beginning of a room: its code makes it, or says why there is none.
//!
//! It must never let a panic of that code out, nor leave a room on a list that did not open.

use std::rc::Rc;

use super::state::{State, not_loaded};
use crate::{
    base::{
        contained::{Panicked, contain},
        logged::Logged,
        meter::Count,
        refusal::Refusal,
    },
    room::{
        context::{Action, RoomContext},
        contract::Room,
        membership::{MemberStore, store},
    },
};

/// Opens a room, or says why it is closed from the start.
pub(super) fn open<R: Room>(cx: &mut RoomContext<R>) -> State<R> {
    let link = cx.members.link.clone();
    // A context is made with the link of its own kind of room, and nobody changes it.
    let key = link.key().downcast_ref().expect("a room's link has a key of its kind");
    cx.store.iter().for_each(|store| store.begin());
    let opened = with_store(cx, |cx| contain(|| R::open(key, cx)));
    let loads = |action: &Action<R>| matches!(action, Action::Load(_));
    match opened {
        // It is what `load` gave it to return.
        Ok(Err(refusal)) if refusal == not_loaded() && cx.actions.iter().any(loads) => {
            State::Loading
        }
        opened => made(opened, cx),
    }
}

/// The room that was made, or why it is closed from the start.
pub(super) fn made<R: Room>(
    opened: Result<Result<R, Refusal>, Panicked>,
    cx: &mut RoomContext<R>,
) -> State<R> {
    if !matches!(opened, Ok(Ok(_))) {
        // A room that does not open is on no list, and has kept nothing.
        cx.line = None;
        cx.members.order.discard_turn();
    }
    if let Some(store) = cx.store.clone() {
        drop_kept(&store, cx);
    }
    match opened {
        Ok(Ok(room)) => {
            tracing::debug!(room = %Logged(cx.members.name()), "opened");
            State::Open(room)
        }
        Ok(Err(refusal)) => {
            tracing::debug!(room = %Logged(cx.members.name()), refusal = %Logged(&refusal), "not opened");
            State::closed(refusal)
        }
        Err(panicked) => {
            cx.members.broadcaster().counters.one(Count::HandlerPanics);
            tracing::error!(room = %Logged(cx.members.name()), "opening the room panicked: it is closed");
            State::closed(panicked)
        }
    }
}

/// Runs code of a room that opens, with the store for the values of its members at hand.
pub(super) fn with_store<R: Room, T>(
    cx: &mut RoomContext<R>,
    code: impl FnOnce(&mut RoomContext<R>) -> T,
) -> T {
    let before = cx.store.take();
    let (value, store) = store::opening(before, || code(cx));
    set_store(cx, store);
    value
}

/// The room has this store from now on. A new one is told who is a member.
pub(super) fn set_store<R: Room>(cx: &mut RoomContext<R>, store: Option<Rc<MemberStore>>) {
    if let Some(store) = &store
        && store.introduce()
    {
        cx.members.enter_into(store);
    }
    cx.store = store;
}

/// Drops values of members that no state has asked for: that is the application's code.
pub(in crate::room) fn drop_kept<R>(store: &MemberStore, cx: &RoomContext<R>) {
    if contain(|| store.drop_kept()).is_err() {
        cx.members.broadcaster().counters.one(Count::HandlerPanics);
        let room = Logged(cx.members.name());
        tracing::error!(%room, "the drop of a member's value panicked");
    }
}

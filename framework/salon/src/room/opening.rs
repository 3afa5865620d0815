//! The beginning of a room: its code makes it, or says why there is none.
//!
//! It must never let a panic of that code out, nor leave a room on a list that did not open.

use super::{
    Room,
    context::{Action, RoomContext},
    state::{State, not_loaded},
};
use crate::base::{
    contained::{Panicked, contain},
    logged::Logged,
    meter::{Count, Meter},
    refusal::Refusal,
};

/// Opens a room, or says why it is closed from the start.
pub(super) fn open<R: Room>(cx: &mut RoomContext<R>) -> State<R> {
    let link = cx.members.link.clone();
    // A context is made with the link of its own kind of room, and nobody changes it.
    let key = link.key().downcast_ref().expect("a room's link has a key of its kind");
    let opened = contain(|| R::open(key, cx));
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
        // A room that does not open is on no list.
        cx.line = None;
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

//! What a room's actor is sent: events, messages of the room's own, the end of a member's session.
//!
//! It must stay plain data; what is done with each is in `mailbox.rs`.

use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use super::ticket::Ticket;
use crate::{
    auth::Granted,
    base::{
        clock,
        contained::{Contained, Panicked, contain},
        disconnect::DisconnectReason,
        in_flight::InFlightGuard,
        meter::Count,
        number::SessionNumber,
        refusal::{Code, Refusal},
    },
    event::Policy,
    hub::refusing,
    message::{Class, Delivery},
    once::Keyed,
    payload::Payload,
    room::presence::PresentUser,
    session::{
        handle::SessionHandle,
        membership::{Lapsed, Replay},
    },
};

/// An event on its way from a session to a room.
pub(crate) struct Sent<E> {
    pub(in crate::room) event: Contained<E>,
    pub(in crate::room) return_path: ReturnPath,
}

/// As [`Sent`], for an event that is answered by a future.
pub(crate) struct SentForLater<E>(pub(in crate::room) Sent<E>);

/// Where an event came from, and what to do with its answer.
pub(crate) struct ReturnPath {
    pub(in crate::room) sender: Arc<SessionHandle>,
    /// The name of the event.
    pub(in crate::room) event: &'static str,
    pub(in crate::room) acknowledgement: Option<u64>,
    /// What its sender says of the delivery.
    pub(in crate::room) delivery: Option<Box<Delivery>>,
    /// By what the event is known if it is sent again, if it is to be handled once.
    pub(in crate::room) keyed: Option<Box<Keyed>>,
    /// The grant by which it passed, if it has a permission.
    pub(in crate::room) granted: Option<Granted>,
    /// How much had been taken from the sender when it was checked.
    pub(in crate::room) withdrawals: u64,
    /// What a member gets in place of its handling.
    pub(in crate::room) refused: Option<Box<Refusal>>,
    /// One of the events that the connection may have in flight; given back when this is dropped.
    pub(in crate::room) _in_flight: InFlightGuard,
    pub(in crate::room) _ticket: Ticket,
    /// Whether it is known what its sender is told.
    pub(in crate::room) is_answered: bool,
}

impl ReturnPath {
    /// Its sender has been told what there is to tell: the event is no longer in flight, nor on its way.
    pub(in crate::room) fn answered(mut self) {
        self.is_answered = true;
    }

    /// Whether the grant by which it passed has ended since.
    pub(in crate::room) fn has_lapsed(&self) -> bool {
        self.granted.is_some_and(|granted| !granted.grant.holds(clock::wall))
    }
}

impl Drop for ReturnPath {
    /// A room whose actor is dropped, with its worker or by a panic, has said nothing, and whatever was on
    /// its way to it is dropped with it: who sent that waits for no answer any more.
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let (sender, event, id) = (&self.sender, self.event, self.acknowledgement);
        let counters = sender.outbox.counters();
        counters.one(Count::EventsRefused);
        let refusal = Refusal::new(Code::Closed, "the room has ended; try again");
        // The parser may be the application's.
        match contain(|| refusing(sender, event, id, &refusal)) {
            Ok(Some(refused)) => {
                // A client that is gone waits for nothing.
                let _ = sender.push(&refused);
            }
            // Why it could not be written is logged.
            Ok(None) => {}
            Err(Panicked) => {
                counters.one(Count::HandlerPanics);
                tracing::error!(event, session = %sender.id, "the parser panicked at a refusal");
            }
        }
    }
}

/// A message of the room's own type.
pub(crate) struct Told<M> {
    pub(in crate::room) message: Contained<M>,
    pub(in crate::room) _ticket: Ticket,
}

/// An event that the application broadcasts in a room from outside.
pub(crate) struct Broadcast {
    pub(in crate::room) name: &'static str,
    /// Nothing if it cannot be sent.
    pub(in crate::room) payload: Option<Payload>,
    pub(in crate::room) class: Class,
    pub(in crate::room) policy: &'static Policy,
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) done: oneshot::Sender<()>,
}

/// A question of the application's, from outside.
pub(crate) struct Asked<M, T> {
    pub(in crate::room) message: Contained<M>,
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) answer: oneshot::Sender<Result<Contained<T>, Refusal>>,
}

/// Somebody outside wants to know who is there.
pub(in crate::room) struct Listed {
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) done: oneshot::Sender<Vec<Arc<SessionHandle>>>,
}

/// Somebody outside wants to know which users are there.
pub(in crate::room) struct Attending {
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) done: oneshot::Sender<Vec<PresentUser>>,
}

/// Somebody outside wants a session to be out.
pub(in crate::room) struct PutOut {
    pub(in crate::room) session: String,
    pub(in crate::room) reason: Option<Refusal>,
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) done: oneshot::Sender<bool>,
}

/// Somebody outside wants the room to be closed.
pub(in crate::room) struct Shut {
    pub(in crate::room) _ticket: Ticket,
    pub(in crate::room) done: oneshot::Sender<bool>,
}

pub(crate) struct SessionEnded {
    pub(in crate::room) session: SessionNumber,
    pub(in crate::room) reason: DisconnectReason,
}

/// A member leaves, and is told when it is out.
pub(crate) struct Leave {
    pub(in crate::room) session: SessionNumber,
    pub(in crate::room) done: oneshot::Sender<()>,
}

/// A member wants once more what it missed.
pub(crate) struct SendAgain(pub(in crate::room) Replay);

/// A member has lost its membership.
pub(crate) struct Lapse(pub(in crate::room) Lapsed);

/// The time in which an empty room is kept may be over.
pub(crate) struct Linger;

macro_rules! message_without_result {
    ($($message:ident $(<$($parameter:ident),*>)?),*) => {
        $(impl$(<$($parameter),*>)? Message for $message$(<$($parameter),*>)? {
            type Result = ();
        })*
    };
}
message_without_result!(
    Sent<E>, SentForLater<E>, Told<M>, Broadcast, Asked<M, T>, Listed, Attending, PutOut, Shut, SessionEnded,
    Leave, SendAgain, Lapse, Linger
);

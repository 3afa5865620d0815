//! What waits on a connection, and for what.
//!
//! It must never be there while nothing waits: most connections are idle.

use std::{collections::VecDeque, sync::Arc, task::Waker};

use actix::SpawnHandle;
use tokio::sync::oneshot;

use super::{early::EarlyEvents, receive_window::ReceiveWindow};
use crate::{auth::Handshake, base::number::SessionNumber, wire::engine_io};

/// What waits on one connection.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) inbox: VecDeque<Item>,
    pub(super) held: Option<Held>,
    /// The connection's own reading.
    pub(super) reader: Option<Waker>,
    /// What waits for a session to join a room again; nothing waits for these.
    pub(super) early: EarlyEvents,
}

impl Waiting {
    /// Whether a message that comes now has to wait.
    pub(super) fn is_before_others(&self) -> bool {
        !self.inbox.is_empty() || self.held.is_some() || self.reader.is_some()
    }

    /// Whether nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_before_others() && self.early.is_empty()
    }
}

/// What waits to be handled.
pub(super) enum Item {
    Message(Handed),
    /// Everything that came with it is handled: its link may read on.
    Done(oneshot::Sender<()>),
}

/// A message, with what a link has handed over beside it.
pub(super) struct Handed {
    pub(super) message: engine_io::Message,
    pub(super) request: Option<Arc<Handshake>>,
    pub(super) window: Option<Arc<ReceiveWindow>>,
}

/// An event whose checks are waited for; nothing that came after it is handled meanwhile.
pub(super) struct Held {
    pub(super) number: SessionNumber,
    pub(super) future: SpawnHandle,
}

//! What the actor of a connection is sent.
//!
//! It must stay plain data: what each does is the actor's.

use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use tokio::sync::oneshot;

use super::receive_window::ReceiveWindow;
use crate::{
    auth::Handshake,
    base::{disconnect::DisconnectReason, number::SessionNumber},
    outbox::End,
    wire::socket_io::Messages,
};

/// An actor that takes all of this: whose handle is a [`Handle`](super::handle::Handle).
pub(crate) trait Client:
    Actor<Context = Context<Self>>
    + Handler<Received>
    + Handler<EndSession>
    + Handler<BelowLimit>
    + Handler<Closed>
    + Handler<HasMissed>
{
}

/// Messages from the link, in the order in which they came.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Received {
    pub(super) messages: Messages,
    pub(super) request: Option<Arc<Handshake>>,
    /// What its link waits for.
    pub(super) window: Option<Arc<ReceiveWindow>>,
    /// Told when all of them are handled.
    pub(super) done: Option<oneshot::Sender<()>>,
}

/// One of its sessions is to be ended, or the connection because of it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSession {
    pub(super) session: SessionNumber,
    pub(super) end: End,
}

/// One more event may be in flight, and before it might not.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct BelowLimit;

/// Its client has missed something, and is to be told a while from now.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct HasMissed;

/// The connection ends.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Closed {
    pub(super) reason: DisconnectReason,
}

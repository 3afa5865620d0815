//! A session whose type is not known, as its connection has it.
//!
//! It must never know what a session is to the app: that is known where it is made.

use std::{any::Any, sync::Arc};

use futures_util::future::LocalBoxFuture;

use crate::{
    auth::{AnyIdentity, Credentials},
    base::{
        clock::Instant, contained::Panicked, data::Data, disconnect::DisconnectReason,
        refusal::Refusal, timers::Round,
    },
    hub::Socket,
};

/// A session of a type that is not known here, with its context.
pub(crate) trait AnySession: Any {
    fn connected(&mut self);
    fn disconnected(&mut self, reason: DisconnectReason);
    /// The futures that handlers have asked to be run.
    fn take_futures(&mut self) -> Vec<Starting>;
    /// When the next of the timers is due that handlers have asked for.
    fn next_timer(&self) -> Option<Instant>;
    /// Does what the next timer of the round is for; false if there is none left.
    fn ring(&mut self, round: Round) -> bool;
}

/// A future that a handler has asked to be run.
pub(super) type Starting = LocalBoxFuture<'static, Result<AnyStep, Panicked>>;

/// Something to do on the session that it came from.
pub(crate) type AnyStep = Box<dyn FnOnce(&mut dyn AnySession)>;

/// How a namespace makes its sessions.
pub(crate) type MakeSession = Arc<
    dyn Fn(&Credentials, &AnyIdentity, &Data) -> Result<Box<dyn Unconnected>, Refusal>
        + Send
        + Sync,
>;

/// A session that is made but not connected.
pub(crate) trait Unconnected {
    fn connect(self: Box<Self>, socket: Socket, data: Data) -> Box<dyn AnySession>;
}

/// The session of a namespace that has none of its own: everything there is rooms and untyped
/// handlers.
#[derive(Debug)]
pub(crate) struct NoSession;

impl Unconnected for NoSession {
    fn connect(self: Box<Self>, _: Socket, _: Data) -> Box<dyn AnySession> {
        self
    }
}

impl AnySession for NoSession {
    fn connected(&mut self) {}

    fn disconnected(&mut self, _: DisconnectReason) {}

    fn take_futures(&mut self) -> Vec<Starting> {
        Vec::new()
    }

    fn next_timer(&self) -> Option<Instant> {
        None
    }

    fn ring(&mut self, _: Round) -> bool {
        false
    }
}

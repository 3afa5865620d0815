//! A connection that has a handle, and whose actor is on its way to the worker where it is to live.
//!
//! It must never leave the handle behind: where the actor cannot start any more it has ended.

use std::sync::Arc;

use actix::{Context, dev::channel::AddressReceiver};

use super::worker::{Watch, Worker};
use crate::{
    app::Application,
    base::{contained::contain, disconnect::DisconnectReason, meter::Count, turn},
    connection::{
        actor::{Above, Connection, ConnectionHandle},
        core::Core,
    },
    protocol::SocketIo,
};

/// A connection that has not started. Dropped, it ends.
pub(super) struct PendingStart(Option<Parts>);

/// What the actor is made of.
pub(super) struct Parts {
    pub(super) core: Arc<Core>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) receiver: AddressReceiver<Connection>,
    /// What takes its messages, in place of sessions.
    pub(super) application: Option<Arc<dyn Application>>,
}

impl PendingStart {
    pub(in crate::connection) fn new(parts: Parts) -> Self {
        Self(Some(parts))
    }

    /// Starts it on this thread's `worker`.
    pub(super) fn start(mut self, worker: &Worker) {
        let Some(Parts { core, application, .. }) = &self.0 else { return };
        // A parser may be the application's: what it does wrong ends this connection alone.
        let above = contain(|| match application {
            Some(application) => Above::application(application.clone()),
            None => Above::sessions(SocketIo::new(core.parser().decoder(&core.limits().into()))),
        });
        let Ok(above) = above else {
            core.counters().one(Count::HandlerPanics);
            tracing::error!("the parser panicked: a connection ends");
            return;
        };
        let Some(Parts { core, handle, receiver, .. }) = self.0.take() else { return };
        let shard = worker.shard.number();
        let connection = Connection::new(core, handle.clone(), shard, above);
        turn::start(Context::with_receiver(receiver), connection);
        worker.supervisor.do_send(Watch(handle));
    }
}

impl Drop for PendingStart {
    fn drop(&mut self) {
        let Some(Parts { core, handle, .. }) = self.0.take() else { return };
        tracing::debug!(connection = handle.number(), "a connection did not start");
        handle.move_out();
        handle.close(DisconnectReason::ForcedServerClose);
        core.forget(&handle);
        core.counters().one(Count::ConnectionsClosed);
    }
}

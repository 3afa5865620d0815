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
        above::{Above, Other, Speech},
        actor::{Connection, ConnectionHandle},
        core::Core,
    },
    message::Layer,
    protocol::{SocketIo, Typed},
};

/// A connection that has not started. Dropped, it ends.
pub(super) struct PendingStart(Option<Parts>);

/// What the actor is made of.
pub(super) struct Parts {
    pub(super) core: Arc<Core>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) receiver: AddressReceiver<Connection>,
    /// What its client speaks.
    pub(super) speaks: Speaks,
}

/// What a client speaks that is about to be served.
pub(super) enum Speaks {
    SocketIo,
    Typed(Typed),
    /// To an application, which takes its messages in place of sessions.
    Raw(Arc<dyn Application>, Layer),
}

impl PendingStart {
    pub(in crate::connection) fn new(parts: Parts) -> Self {
        Self(Some(parts))
    }

    /// Starts it on this thread's `worker`.
    pub(super) fn start(mut self, worker: &Worker) {
        let Some(Parts { core, speaks, .. }) = &mut self.0 else { return };
        // A parser may be the application's: what it does wrong ends this connection alone.
        let speech = contain(|| match std::mem::replace(speaks, Speaks::SocketIo) {
            Speaks::SocketIo => {
                Speech::SocketIo(SocketIo::new(core.parser().decoder(&core.limits().into())))
            }
            Speaks::Typed(protocol) => Other::Typed(protocol).into(),
            Speaks::Raw(application, _) => Other::Application(application).into(),
        });
        let Ok(speech) = speech else {
            core.counters().one(Count::HandlerPanics);
            tracing::error!("the parser panicked: a connection ends");
            return;
        };
        let Some(Parts { core, handle, receiver, .. }) = self.0.take() else { return };
        let shard = worker.shard.number();
        let connection = Connection::new(core, handle.clone(), shard, Above::new(speech));
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

//! What one actix worker has of a Salon: its shard and its supervisor.
//!
//! It must never be made twice on one thread: `HttpServer` calls its factory for every listener.

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use actix::{Message, Recipient};

use super::{ConnectionHandle, Core};
use crate::{base::simulation, hub::ShardHandle, session::peer::Peer};

/// What a supervisor is asked to watch over.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum Watch {
    /// A connection, until it is closed.
    Connection(Arc<ConnectionHandle>),
    /// A session whose rights may lapse, until it ends.
    Session(Arc<Peer>),
}

/// How the supervisor of a worker is started.
pub(crate) type Supervise = fn(&Arc<Core>) -> Recipient<Watch>;

/// The part of a Salon that is on this thread.
pub(crate) struct Worker {
    pub(crate) shard: ShardHandle,
    pub(crate) supervisor: Recipient<Watch>,
}

/// Which Salon, of those in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoreNumber(u64);

impl CoreNumber {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

thread_local! {
    /// By Salon, and by which of this thread's workers: only a harness has several on one.
    static WORKERS: RefCell<HashMap<(CoreNumber, u32), Rc<Worker>>> = RefCell::default();
}

impl Worker {
    /// This thread's part of a Salon; started if there is none, or if the one that was there has
    /// ended with its actix system.
    pub(crate) fn current(core: &Arc<Core>) -> Rc<Self> {
        let place = (core.number(), simulation::worker());
        let found = WORKERS.with_borrow(|workers| workers.get(&place).cloned());
        if let Some(worker) = found.filter(|worker| worker.is_whole()) {
            return worker;
        }
        let shard = ShardHandle::start(core.counters().clone());
        core.broadcaster().add_shard(&shard);
        let worker = Rc::new(Self { shard, supervisor: core.supervise() });
        WORKERS.with_borrow_mut(|workers| {
            workers.retain(|_, worker| worker.is_whole());
            workers.insert(place, worker.clone());
        });
        worker
    }

    /// Whether both of its actors are there: one that is lost is replaced with the other.
    fn is_whole(&self) -> bool {
        self.shard.is_alive() && self.supervisor.connected()
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;
    use crate::{
        Salon,
        auth::{Handshake, Principal},
        base::{disconnect::DisconnectReason, meter::Count},
        outbox::TransportKind,
        wire::{engine_io::Message, socket_io::Messages},
    };

    /// A client that is connected to the main namespace.
    async fn client(core: &Arc<Core>) -> Arc<ConnectionHandle> {
        let handshake = Arc::new(Handshake::new::<&str, &str>("/", [], []));
        let (principal, transport) = (Principal::anonymous(), TransportKind::WebSocket);
        let handle = core.open(handshake, principal, transport).unwrap();
        let connect = Messages::from_buf([Message::Text("0".into())]);
        handle.receive(connect, None).await.unwrap();
        handle
    }

    #[test]
    fn the_clients_of_a_shard_that_dies_are_cut_off_and_the_next_ones_have_another() {
        actix::System::new().block_on(async {
            let salon = Salon::builder().build().unwrap();
            let core = salon.core();
            let handle = client(core).await;
            assert_eq!(core.counters().get(Count::SessionsConnected), 1);
            let before = Worker::current(core).shard.clone();
            before.lose();
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(core.counters().get(Count::ActorsLost), 1);
            assert_eq!(handle.outbox().closed(), Some(DisconnectReason::ForcedClose));
            let next = client(core).await;
            assert_ne!(Worker::current(core).shard.number(), before.number());
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(next.outbox().closed(), None);
            assert_eq!(core.counters().get(Count::SessionsConnected), 2);
        });
    }
}

//! What one actix worker has of a Salon: its shard and its supervisor.
//!
//! It must never be made twice on one thread: `HttpServer` calls its factory for every listener.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use actix::{Message, Recipient};

use crate::{
    base::simulation,
    connection::{
        actor::ConnectionHandle,
        core::{Core, CoreNumber},
    },
    hub::ShardHandle,
};

/// A supervisor is asked to watch over a connection, until it is closed.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Watch(pub(crate) Arc<ConnectionHandle>);

/// The part of a Salon that is on this thread.
pub(crate) struct Worker {
    pub(crate) shard: ShardHandle,
    pub(crate) supervisor: Recipient<Watch>,
}

thread_local! {
    /// By Salon, and by which of this thread's workers: only a harness has several on one.
    static WORKERS: RefCell<HashMap<(CoreNumber, u32), Rc<Worker>>> = RefCell::default();
}

impl Worker {
    /// This thread's part of a Salon; started if there is none, or if the one that was there has
    /// ended with its actix system. Its connections are watched over by what `supervise` starts.
    pub(super) fn current(core: &Core, supervise: impl FnOnce() -> Recipient<Watch>) -> Rc<Self> {
        let place = (core.number(), simulation::worker());
        let found = WORKERS.with_borrow(|workers| workers.get(&place).cloned());
        if let Some(worker) = found.filter(|worker| worker.is_whole()) {
            return worker;
        }
        let shard = ShardHandle::start(core.tally());
        core.broadcaster().add_shard(&shard);
        let worker = Rc::new(Self { shard, supervisor: supervise() });
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
    use std::time::Duration;

    use tokio::task::yield_now;

    use super::*;
    use crate::connection::all::connections::Connections;
    use crate::{
        Salon,
        auth::{Handshake, Principal},
        base::{disconnect::DisconnectReason, meter::Count},
        outbox::TransportKind,
        wire::{engine_io::Message, socket_io::Messages},
    };

    /// A client that is connected to the main namespace.
    async fn client(connections: &Arc<Connections>) -> Arc<ConnectionHandle> {
        let handshake = Arc::new(Handshake::new::<&str, &str>("/", [], []));
        let (principal, transport) = (Principal::anonymous(), TransportKind::WebSocket);
        let handle = connections.open(handshake, principal, transport).unwrap();
        let connect = Messages::from(Message::Text("0".into()));
        handle.receive(connect, None).await.unwrap();
        handle
    }

    #[test]
    fn of_sessions_that_have_ended_nothing_is_known_but_that_they_may_come_back() {
        actix::System::new().block_on(async {
            let salon = Salon::builder().recovery(Duration::from_secs(60)).build().unwrap();
            let connections = salon.shared();
            let recovery = connections.broadcaster().recovery.as_ref().unwrap();
            for reason in [DisconnectReason::PingTimeout, DisconnectReason::ParseError] {
                let handle = client(connections).await;
                assert!(!recovery.is_nobody_present());
                handle.close(reason);
                for _ in 0..100 {
                    yield_now().await;
                }
                assert!(recovery.is_nobody_present(), "{reason}");
            }
        });
    }

    #[test]
    fn the_clients_of_a_shard_that_dies_are_cut_off_and_the_next_ones_have_another() {
        actix::System::new().block_on(async {
            let salon = Salon::builder().build().unwrap();
            let connections = salon.shared();
            let handle = client(connections).await;
            assert_eq!(connections.counters().get(Count::SessionsConnected), 1);
            let before = connections.worker().shard.clone();
            before.lose();
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(connections.counters().get(Count::ActorsLost), 1);
            assert_eq!(handle.outbox().closed(), Some(DisconnectReason::ForcedClose));
            let next = client(connections).await;
            assert_ne!(connections.worker().shard.number(), before.number());
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(next.outbox().closed(), None);
            assert_eq!(connections.counters().get(Count::SessionsConnected), 2);
        });
    }
}

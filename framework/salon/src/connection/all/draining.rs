//! The end of all connections: in which order clients are parted with while a server goes away.
//!
//! It must never end a connection for which something is on its way: what was acknowledged to one client
//! reaches the others.

use std::{
    error::Error,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::time::{timeout, timeout_at};

use super::connections::Connections;
use crate::{
    base::{
        clock::{self, Instant},
        disconnect::DisconnectReason,
    },
    connection::actor::ConnectionHandle,
};

impl Connections {
    /// Parts with all clients, in `span` at most: opens no connection any more, lets the events that are
    /// in flight come to their end and what they said arrive, tells the clients, and waits until they are
    /// gone.
    pub(crate) async fn part(&self, span: Duration) {
        let until = self.registry.begin_closing(clock::after(span));
        self.in_flight.stop();
        // One that takes long must not take the time away in which clients are told.
        let _ = timeout(span / 2, self.until_quiet()).await;
        let connections = self.all();
        for handle in &connections {
            handle.close(DisconnectReason::ServerShuttingDown);
        }
        // Whoever is left after that has had its time.
        let _ = timeout_at(until, self.until_gone(connections)).await;
        self.close_store().await;
    }

    /// Closes the store, behind what rooms have heard of those who left. What they do later is not kept:
    /// nobody is told of it either.
    async fn close_store(&self) {
        let Some(store) = self.broadcaster().store.clone() else { return };
        let limit = self.timeouts().close;
        let closed = async {
            // A worker may have ended.
            let _ = timeout(limit, self.broadcaster().settle()).await;
            self.broadcaster().closes_store.store(true, Ordering::Relaxed);
            // It may be the application's.
            AssertUnwindSafe(async move { store.close().await }).catch_unwind().await
        };
        match timeout(2 * limit, closed).await {
            Ok(Ok(Ok(()))) => tracing::debug!("the store is closed"),
            Ok(Ok(Err(error))) => {
                tracing::error!(error = &error as &dyn Error, "the store was not closed in order");
            }
            Ok(Err(_)) => tracing::error!("the store panicked while it was closed"),
            Err(_) => tracing::warn!(?limit, "the store was not closed in time"),
        }
    }

    /// Whether clients are parted with.
    pub(super) fn is_closing(&self) -> bool {
        self.registry.closing().is_some()
    }

    /// How long a client that is parted with has for what is still queued for it.
    pub(crate) fn time_to_part(&self) -> Duration {
        let until = self.registry.closing().unwrap_or_else(clock::now);
        until.saturating_duration_since(clock::now()).max(self.timeouts().close)
    }

    /// Waits until no event is in flight, and nothing between the workers.
    async fn until_quiet(&self) {
        for handle in self.all() {
            handle.until_idle().await;
        }
        self.broadcaster().settle().await;
    }

    /// Waits until the sockets of these connections are closed; for a client that polls, until it has
    /// collected the news, or had the time to.
    async fn until_gone(&self, connections: Vec<Arc<ConnectionHandle>>) {
        let collected = clock::after(self.timeouts().close);
        for handle in connections {
            while self.is_awaited(&handle, collected) {
                let mut forgotten = pin!(self.registry.removed());
                // From here on it is noticed; it may have come before.
                forgotten.as_mut().enable();
                if self.is_awaited(&handle, collected) {
                    let limit = if handle.has_link() { None } else { Some(collected) };
                    match limit {
                        // It has to be told of every one: of some others as well.
                        None => forgotten.await,
                        Some(limit) => drop(timeout_at(limit, forgotten).await),
                    }
                }
            }
        }
    }

    fn is_awaited(&self, handle: &ConnectionHandle, collected: Instant) -> bool {
        self.has(handle) && (handle.has_link() || clock::now() < collected)
    }
}

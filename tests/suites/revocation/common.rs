//! What the clients of the stress test share, and what they are told.
//!
//! It must never hold what a client heard: each is judged by its own recorder.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize},
};

use tokio::sync::oneshot;

use crate::app::{Published, Taken};

/// What all clients share.
pub(crate) struct Common {
    pub(crate) address: SocketAddr,
    pub(crate) published: Published,
    /// Nobody talks or refreshes any more.
    pub(crate) over: AtomicBool,
    /// How many clients have had the acknowledgement of their last words.
    pub(crate) quiet: AtomicUsize,
    pub(crate) members: usize,
    /// How many packets have come to any client: while that grows, there is nothing to judge.
    pub(crate) heard: AtomicU64,
    pub(crate) joins: AtomicU64,
    pub(crate) refreshes: AtomicU64,
    pub(crate) connects: AtomicU64,
    pub(crate) frames: AtomicU64,
}

/// What whoever revokes tells a client.
pub(crate) enum Order {
    /// Something will be taken from it; it answers who it is, if it can tell what comes of it.
    Expect(Taken, oneshot::Sender<Option<Session>>),
    /// Everything was taken from it, if it was found; the last number of each arena by then.
    Resolved { found: bool, last: Vec<u64> },
}

/// Who a client is at a moment.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
}

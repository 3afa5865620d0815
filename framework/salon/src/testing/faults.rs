//! What can go wrong with a client and its link, on order.
//!
//! It must never do to a client what no network, and no client, ever did.

use std::time::Duration;

use super::{
    client::{Client, ConnectError, Running},
    happened::{Happened, Traffic},
};
use crate::wire::socket_io::Packet;

impl Client {
    /// Says goodbye: disconnects the session, then closes the link.
    pub fn disconnect(&self) {
        self.conversation.note(Happened::Sent(Traffic::Disconnect));
        self.conversation
            .send(&Packet::Disconnect { namespace: self.conversation.namespace.clone() });
        self.conversation.close_link();
    }

    /// The link ends cleanly, without a goodbye of Socket.IO: a page that is closed.
    pub fn close(&self) {
        self.conversation.close_link();
    }

    /// The link ends at once, and what was under way is lost: a process that is killed. The server
    /// is not told by a link that is [dead](Self::vanish).
    pub fn reset(&self) {
        let vanished = self.link.vanished.get();
        if let Some(Running { task, frozen }) = self.running.take() {
            // A request that is dropped is taken back, which a dead link does not tell.
            if vanished { frozen.set(true) } else { task.abort() }
        }
        self.conversation.end("the link is reset", None);
        for pipe in self.link.pipes.take() {
            if !vanished {
                pipe.reset();
            }
        }
    }

    /// The link is dead, and neither side is told: a phone in a tunnel. The server does not learn
    /// either when the client [comes back](Self::reconnect) or is dropped: until its heartbeat, the
    /// session that was lives beside the new one.
    pub fn vanish(&self) {
        self.link.vanished.set(true);
        self.conversation.note(Happened::Noted("· the link is dead".to_owned()));
        self.link.up().block(true);
        self.link.down().block(true);
    }

    /// Nothing is read any more: what the server sends waits on its side.
    pub fn stop_reading(&self) {
        self.conversation.note(Happened::Noted("· stops reading".to_owned()));
        self.link.down().block(true);
    }

    /// Reads again, and as fast as it can.
    pub fn read_on(&self) {
        self.link.down().pace(None);
        self.link.down().block(false);
    }

    /// Reads so many bytes a second, at least 1, in pieces of any size.
    pub fn read_slowly(&self, bytes_per_second: usize) {
        self.link.down().pace(Some(bytes_per_second));
    }

    /// What it sends is held back, so that others overtake it.
    pub fn hold(&self) {
        self.link.up().block(true);
    }

    /// What was held back arrives.
    pub fn release(&self) {
        self.link.up().block(false);
    }

    /// Whatever is sent is under way for `latency`, and up to `jitter` longer; it stays in order.
    pub fn delay(&self, latency: Duration, jitter: Duration) {
        self.link.up().delay(latency, jitter);
        self.link.down().delay(latency, jitter);
    }

    /// The next packet is delivered twice.
    pub fn deliver_next_twice(&self) {
        self.conversation.send_next_twice();
    }

    /// Pings are answered no more.
    pub fn stop_answering_pings(&self) {
        self.conversation.set_mute(true);
    }

    /// Resets the link if there is one, and connects again as the same client; what came and was
    /// not asked for stays. With recovery on, the session is asked for again.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not; it may be tried again.
    ///
    /// # Panics
    /// When its lab was dropped; and when a session is to be asked for again by a client whose `auth`
    /// is no object.
    pub async fn reconnect(&self) -> Result<(), ConnectError> {
        self.come_back(None).await
    }

    /// As [`reconnect`](Self::reconnect), and says what it has seen of its rooms: each gives it what it
    /// missed when it joins, if the room has kept that. It joins by what the test sends.
    ///
    /// # Errors
    /// As [`reconnect`](Self::reconnect).
    ///
    /// # Panics
    /// As [`reconnect`](Self::reconnect), and when the client's `auth` is no object.
    pub async fn resume(&self) -> Result<(), ConnectError> {
        self.conversation.claim_what_was_seen();
        self.come_back(None).await
    }

    /// As [`reconnect`](Self::reconnect), while time passes: until it is connected, and no longer
    /// than `span`. A client whose line is [late](Self::delay) needs it.
    ///
    /// # Errors
    /// As [`reconnect`](Self::reconnect).
    ///
    /// # Panics
    /// As [`reconnect`](Self::reconnect).
    pub async fn reconnect_within(&self, span: Duration) -> Result<(), ConnectError> {
        self.come_back(Some(span)).await
    }

    async fn come_back(&self, span: Option<Duration>) -> Result<(), ConnectError> {
        self.conversation.check_recovery();
        self.reset();
        self.conversation.begin_again();
        self.link.begin_again();
        self.open(span).await
    }
}

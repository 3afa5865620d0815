//! One WebSocket under its connection: from the first packet to the last byte.
//!
//! It must never leave a connection behind whose socket is gone, nor a socket whose connection is;
//! nor ask who writes the socket, until the end.

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::rt;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use super::{
    link_error::{LinkError, client_close, reason},
    reader::Reader,
    writer_control::Stage,
};
use crate::{
    base::{disconnect::DisconnectReason, logged::Logged},
    connection::{ConnectionHandle, Connections, ReceiveWindow, Source},
    outbox::Room,
    transport::takeover::{ClientSocket, TakenSocket},
    wire::engine_io::Message,
};

/// How long a client that does not read, or did not answer for long, still has to take a close
/// frame; and actix-web to let go of a connection that is over.
const GRACE: Duration = Duration::from_millis(100);

/// One WebSocket, from its reading side.
pub(in crate::transport) struct Link {
    pub(in crate::transport) connections: Arc<Connections>,
    pub(in crate::transport) reader: Reader,
    /// The socket that actix-web serves, if it does.
    pub(super) served: Option<ClientSocket>,
}

impl Link {
    /// Serves a connection whose outbox this link writes, until both are over: for a socket that
    /// actix-web has, and that its connection cannot read.
    pub(in crate::transport) async fn serve(mut self: Box<Self>) {
        let ended = {
            let handle = self.reader.handle().clone();
            let client = pin!(receive_all(&mut self.reader));
            let server = pin!(handle.outbox().until_closed());
            match select(client, server).await {
                Either::Left((error, _)) => error,
                Either::Right(_) => None,
            }
        };
        // Boxed, as all that is not needed while a connection is idle.
        Box::pin(self.end(ended.as_ref())).await;
    }

    fn handle(&self) -> &Arc<ConnectionHandle> {
        self.reader.handle()
    }

    /// Ends the connection, if it has not ended, and the WebSocket after it.
    pub(in crate::transport) async fn end(self: Box<Self>, error: Option<&LinkError>) {
        self.decide(error);
        self.part().await;
    }

    /// Ends the connection, if it has not ended, and says so to the client.
    fn decide(&self, error: Option<&LinkError>) {
        match error {
            Some(error) => {
                tracing::debug!(connection = self.handle().number(), error = %Logged(error), "a WebSocket ended");
                // What its protocol has words for is said by these.
                if !matches!(error, LinkError::TooManyFrames) {
                    self.reader.control().close(client_close(error).as_ref());
                }
                match error {
                    // Nobody reads any more.
                    LinkError::Gone => self.handle().abort(reason(error)),
                    // What it sent before is answered first.
                    _ => self.handle().close(reason(error)),
                }
            }
            None => {
                let reason = self.handle().outbox().closed();
                self.handle().close(reason.unwrap_or(DisconnectReason::TransportClose));
            }
        }
    }

    /// The socket that is read directly, if the client has said its last.
    fn silent_socket(&self) -> Option<&TakenSocket> {
        self.reader.socket().filter(|_| self.reader.is_closed())
    }

    /// Writes the close frame at once if the client has said its last; whether nothing is left to wait
    /// for.
    fn has_parted(&self) -> bool {
        let Some(socket) = self.silent_socket() else { return false };
        socket.flush();
        let has_parted = self.reader.control().stage() >= Stage::Closed;
        if has_parted {
            socket.give_up();
        }
        has_parted
    }

    /// Ends the WebSocket after its connection.
    async fn part(self: Box<Self>) {
        let closed = self.handle().outbox().closed();
        let patience = match closed {
            // They were patient already, and memory is short.
            Some(DisconnectReason::PingTimeout | DisconnectReason::OutboxOverflow) => GRACE,
            _ => self.connections.timeouts().close,
        };
        // Also if the worker ends meanwhile.
        let _forgotten = Forgotten(self.connections.clone(), self.handle().clone());
        if closed == Some(DisconnectReason::ServerShuttingDown) {
            // What is queued may be what others were told that it has: who reads gets it all.
            let time = self.connections.time_to_part();
            let _ = timeout(time, self.reader.control().closed()).await;
        }
        self.finish(patience).await;
    }

    /// Waits for the close frame to be written and answered, then ends the TCP connection.
    pub(in crate::transport) async fn finish(mut self: Box<Self>, patience: Duration) {
        let handshake = async {
            self.reader.control().closed().await;
            self.reader.closed().await;
        };
        if timeout(patience, handshake).await.is_err() {
            tracing::debug!(
                connection = self.handle().number(),
                "a WebSocket's close was not answered"
            );
        }
        if let Some(socket) = self.reader.socket() {
            socket.give_up();
        }
        self.reader.control().over();
        let Some(socket) = self.served else { return };
        if timeout(GRACE, socket.released()).await.is_err() {
            socket.abort();
        }
    }
}

/// A connection that is forgotten when this is dropped.
struct Forgotten(Arc<Connections>, Arc<ConnectionHandle>);

impl Drop for Forgotten {
    fn drop(&mut self) {
        let Self(connections, handle) = self;
        connections.forget(handle);
    }
}

impl Source for Link {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.reader.poll_message(cx)
    }

    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.reader.poll_ahead(cx)
    }

    fn end(mut self) {
        if let Some(socket) = self.silent_socket() {
            // What it said last is answered, as far as that goes.
            socket.flush();
        }
        let error = self.reader.end();
        self.decide(error.as_ref());
        if self.has_parted() {
            // Of many that are cut off together, none is kept until it has a turn.
            self.connections.forget(self.handle());
            return;
        }
        // Nobody waits for it: the connection has ended, or is about to.
        rt::spawn(Box::new(self).part());
    }
}

/// Hands messages to a connection as they come, until nothing more comes. If the connection ends
/// meanwhile nobody takes them.
async fn receive_all(reader: &mut Reader) -> Option<LinkError> {
    let window = Arc::<ReceiveWindow>::default();
    loop {
        // Polled by hand: an idle connection waits here, and a future in a future is larger.
        match poll_fn(|cx| poll_hand_over(&window, reader, cx)).await {
            HandOver::Done => {}
            // Boxed, since most connections never come here.
            HandOver::NoRoom => Box::pin(wait_for_room(&window, reader)).await,
            HandOver::Over => break,
        }
    }
    // What it said last is answered, as far as that goes.
    poll_fn(|cx| window.poll_empty(cx)).await;
    reader.end()
}

/// What came of handing over.
enum HandOver {
    /// What came is with the connection.
    Done,
    /// It has to wait.
    NoRoom,
    /// Nothing more comes.
    Over,
}

/// Hands over the messages that came, if the connection and its outbox have room.
fn poll_hand_over(
    window: &Arc<ReceiveWindow>,
    reader: &mut Reader,
    cx: &mut Context<'_>,
) -> Poll<HandOver> {
    if !ready!(reader.poll_messages(cx)) {
        return Poll::Ready(HandOver::Over);
    }
    if !window.has_room() || !reader.handle().outbox().has(answers(window, reader)) {
        return Poll::Ready(HandOver::NoRoom);
    }
    let messages = reader.take_messages();
    reader.handle().hand_over(messages, window);
    Poll::Ready(HandOver::Done)
}

/// What a client may be answered to what it sent: as much as that; and half of the outbox is for what
/// others send it. So no client is cut off by its own echoes, if it reads them.
fn answers(window: &ReceiveWindow, reader: &Reader) -> Room {
    let Room { bytes, frames } = reader.handle().outbox().half();
    Room { bytes: bytes.max(window.weight() + reader.waiting()), frames }
}

/// Waits until the connection and its outbox take more, and looks for pongs meanwhile.
async fn wait_for_room(window: &ReceiveWindow, reader: &mut Reader) {
    let (outbox, answers) = (reader.handle().outbox().clone(), answers(window, reader));
    let room = pin!(async {
        poll_fn(|cx| window.poll_room(cx)).await;
        outbox.until_it_has(answers).await;
    });
    let ahead = poll_fn(|cx| {
        // The end waits as well, for what was handed over before it.
        let _ = reader.poll_ahead(cx);
        Poll::<()>::Pending
    });
    select(room, ahead).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F: Future>(_: impl FnOnce(Box<Link>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_connection_is_waited_for_in_a_quarter_of_a_kilobyte() {
        let size = size_of_future(Link::serve);
        assert!(size <= 256, "{size} bytes");
    }
}

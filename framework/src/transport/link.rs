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
    inflow::Inflow,
    link_error::{LinkError, client_close, reason},
    moving::Moving,
    signals::Stage,
    socket::ClientSocket,
    taken_socket::TakenSocket,
};
use crate::{
    connection::{Backlog, ConnectionHandle, Incoming, Realm},
    disconnect::DisconnectReason,
    logged::Logged,
    outbox::Room,
    wire::engine_io::Message,
};

/// How long a client that does not read, or did not answer for long, still has to take a close
/// frame; and actix-web to let go of a connection that is over.
const GRACE: Duration = Duration::from_millis(100);

/// One WebSocket, from its reading side.
pub(super) struct Link {
    pub(super) realm: Arc<Realm>,
    pub(super) inflow: Inflow,
    /// The socket that actix-web serves, if it does.
    pub(super) served: Option<ClientSocket>,
}

impl Link {
    /// Serves a connection whose outbox this link writes, until both are over: for a socket that
    /// actix-web has, and that its connection cannot read.
    pub(super) async fn serve(mut self: Box<Self>) {
        let ended = {
            let handle = self.inflow.handle().clone();
            let client = pin!(receive_all(&mut self.inflow));
            let server = pin!(handle.outbox().until_closed());
            match select(client, server).await {
                Either::Left((error, _)) => error,
                Either::Right(_) => None,
            }
        };
        // Boxed, as all that is not needed while a connection is idle.
        Box::pin(self.end(ended.as_ref())).await;
    }

    /// Lets a socket that is read directly go to the worker of its connection; the link itself if
    /// actix-web serves it.
    pub(super) fn depart(self: Box<Self>) -> Result<Box<Moving>, Box<Self>> {
        let departed = self.inflow.socket().map(TakenSocket::depart);
        match departed {
            Some(Ok((stream, rest))) => {
                let Self { realm, inflow, .. } = *self;
                let (handle, signals, dialect, before) = inflow.into_parts();
                let (link, unsaid) = (signals.link(), signals.take_unsaid());
                let moving = Moving { realm, handle, stream, dialect, link, before, unsaid, rest };
                Ok(Box::new(moving))
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a socket stays on the worker that it was taken over on");
                Err(self)
            }
            None => Err(self),
        }
    }

    fn handle(&self) -> &Arc<ConnectionHandle> {
        self.inflow.handle()
    }

    /// Ends the connection, if it has not ended, and the WebSocket after it.
    pub(super) async fn end(self: Box<Self>, error: Option<&LinkError>) {
        self.decide(error);
        self.part().await;
    }

    /// Ends the connection, if it has not ended, and says so to the client.
    fn decide(&self, error: Option<&LinkError>) {
        match error {
            Some(error) => {
                tracing::debug!(connection = self.handle().number(), error = %Logged(error), "a WebSocket ended");
                self.inflow.signals().close(client_close(error).as_ref());
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
        self.inflow.socket().filter(|_| self.inflow.is_closed())
    }

    /// Writes the close frame at once if the client has said its last; whether nothing is left to wait
    /// for.
    fn has_parted(&self) -> bool {
        let Some(socket) = self.silent_socket() else { return false };
        socket.flush();
        let has_parted = self.inflow.signals().stage() >= Stage::Closed;
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
            _ => self.realm.timeouts().close,
        };
        // Also if the worker ends meanwhile.
        let _forgotten = Forgotten(self.realm.clone(), self.handle().clone());
        if closed == Some(DisconnectReason::ServerShuttingDown) {
            // What is queued may be what others were told that it has: who reads gets it all.
            let time = self.realm.time_to_part();
            let _ = timeout(time, self.inflow.signals().closed()).await;
        }
        self.finish(patience).await;
    }

    /// Waits for the close frame to be written and answered, then ends the TCP connection.
    pub(super) async fn finish(mut self: Box<Self>, patience: Duration) {
        let handshake = async {
            self.inflow.signals().closed().await;
            self.inflow.closed().await;
        };
        if timeout(patience, handshake).await.is_err() {
            tracing::debug!(
                connection = self.handle().number(),
                "a WebSocket's close was not answered"
            );
        }
        if let Some(socket) = self.inflow.socket() {
            socket.give_up();
        }
        self.inflow.signals().over();
        let Some(socket) = self.served else { return };
        if timeout(GRACE, socket.released()).await.is_err() {
            socket.abort();
        }
    }
}

/// A connection that is forgotten when this is dropped.
struct Forgotten(Arc<Realm>, Arc<ConnectionHandle>);

impl Drop for Forgotten {
    fn drop(&mut self) {
        let Self(realm, handle) = self;
        realm.forget(handle);
    }
}

impl Incoming for Link {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.inflow.poll_message(cx)
    }

    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inflow.poll_ahead(cx)
    }

    fn end(mut self) {
        if let Some(socket) = self.silent_socket() {
            // What it said last is answered, as far as that goes.
            socket.flush();
        }
        let error = self.inflow.end();
        self.decide(error.as_ref());
        if self.has_parted() {
            // Of many that are cut off together, none is kept until it has a turn.
            self.realm.forget(self.handle());
            return;
        }
        // Nobody waits for it: the connection has ended, or is about to.
        rt::spawn(Box::new(self).part());
    }
}

/// Hands messages to a connection as they come, until nothing more comes. If the connection ends
/// meanwhile nobody takes them.
async fn receive_all(inflow: &mut Inflow) -> Option<LinkError> {
    let backlog = Arc::<Backlog>::default();
    loop {
        // Polled by hand: an idle connection waits here, and a future in a future is larger.
        match poll_fn(|cx| poll_hand_over(&backlog, inflow, cx)).await {
            HandOver::Done => {}
            // Boxed, since most connections never come here.
            HandOver::NoRoom => Box::pin(wait_for_room(&backlog, inflow)).await,
            HandOver::Over => break,
        }
    }
    // What it said last is answered, as far as that goes.
    poll_fn(|cx| backlog.poll_empty(cx)).await;
    inflow.end()
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
    backlog: &Arc<Backlog>,
    inflow: &mut Inflow,
    cx: &mut Context<'_>,
) -> Poll<HandOver> {
    if !ready!(inflow.poll_messages(cx)) {
        return Poll::Ready(HandOver::Over);
    }
    if !backlog.has_room() || !inflow.handle().outbox().has(answers(backlog, inflow)) {
        return Poll::Ready(HandOver::NoRoom);
    }
    let messages = inflow.take_messages();
    inflow.handle().hand_over(messages, backlog);
    Poll::Ready(HandOver::Done)
}

/// What a client may be answered to what it sent: as much as that; and half of the outbox is for what
/// others send it. So no client is cut off by its own echoes, if it reads them.
fn answers(backlog: &Backlog, inflow: &Inflow) -> Room {
    let Room { bytes, frames } = inflow.handle().outbox().half();
    Room { bytes: bytes.max(backlog.weight() + inflow.waiting()), frames }
}

/// Waits until the connection and its outbox take more, and looks for pongs meanwhile.
async fn wait_for_room(backlog: &Backlog, inflow: &mut Inflow) {
    let (outbox, answers) = (inflow.handle().outbox().clone(), answers(backlog, inflow));
    let room = pin!(async {
        poll_fn(|cx| backlog.poll_room(cx)).await;
        outbox.until_it_has(answers).await;
    });
    let ahead = poll_fn(|cx| {
        // The end waits as well, for what was handed over before it.
        let _ = inflow.poll_ahead(cx);
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

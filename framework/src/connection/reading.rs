//! What a connection reads by itself: a socket that lives on its worker.
//!
//! It must never take a message while one before it is waited for, nor miss a pong meanwhile.

use std::{
    pin::Pin,
    task::{Context as TaskContext, Poll},
};

use actix::{ActorFuture, AsyncContext as _, Context, Handler, Message};

use super::Connection;
use crate::wire::engine_io;

/// Where a connection's messages come from.
pub(crate) trait Incoming: Unpin + 'static {
    /// The next message, or `None` once nothing more comes. Pending also once it has had its share of
    /// the worker's turn, whoever polls again: what was answered is written before it has another.
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<engine_io::Message>>;

    /// Sorts what comes while the connection takes no message; ready if nothing more comes and no
    /// message is left.
    fn poll_ahead(&mut self, cx: &mut TaskContext<'_>) -> Poll<()>;

    /// The connection reads no more.
    fn end(self);
}

/// What has a connection read from now on, on its worker.
type Arrival = Box<dyn FnOnce(&mut Context<Connection>) + Send>;

/// Has a connection read from now on.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Read(Arrival);

impl Read {
    /// What `arrive` makes is read, unless that fails.
    pub(super) fn new<I: Incoming>(arrive: impl FnOnce() -> Option<I> + Send + 'static) -> Self {
        Self(Box::new(move |ctx| {
            if let Some(incoming) = arrive() {
                ctx.spawn(Reading { incoming: Some(incoming) });
            }
        }))
    }
}

/// The reading of one connection, for as long as it goes on.
struct Reading<I: Incoming> {
    /// Nothing once it has ended.
    incoming: Option<I>,
}

impl<I: Incoming> ActorFuture<Connection> for Reading<I> {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        connection: &mut Connection,
        ctx: &mut Context<Connection>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(()) };
        let span = connection.handle.span().cloned();
        let _entered = span.as_ref().map(tracing::Span::enter);
        loop {
            let Some(permit) = connection.permit_to_read(ctx, cx) else {
                return incoming.poll_ahead(cx);
            };
            match incoming.poll_message(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(message)) => connection.take(message, None, permit, ctx),
            }
        }
    }
}

impl<I: Incoming> Drop for Reading<I> {
    fn drop(&mut self) {
        // However it came: the client's last message, an end of the connection, a panic.
        if let Some(incoming) = self.incoming.take() {
            incoming.end();
        }
    }
}

impl Handler<Read> for Connection {
    type Result = ();

    fn handle(&mut self, Read(arrival): Read, ctx: &mut Self::Context) {
        arrival(ctx);
    }
}

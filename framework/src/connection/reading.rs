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
pub(crate) trait Incoming {
    /// The next message, or `None` once nothing more comes. Pending also once it has had its share of
    /// the worker's turn, whoever polls again: what was answered is written before it has another.
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<engine_io::Message>>;

    /// Sorts what comes while the connection takes no message; ready if nothing more comes and no
    /// message is left.
    fn poll_ahead(&mut self, cx: &mut TaskContext<'_>) -> Poll<()>;

    /// The connection reads no more.
    fn end(self: Box<Self>);
}

/// Makes, on the worker of a connection, what it is to read; `None` if that failed.
pub(crate) type Arrival = Box<dyn FnOnce() -> Option<Box<dyn Incoming>> + Send>;

/// Has a connection read from now on.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Read(pub(super) Arrival);

/// The reading of one connection, for as long as it goes on.
struct Reading {
    /// Nothing once it has ended.
    incoming: Option<Box<dyn Incoming>>,
}

impl ActorFuture<Connection> for Reading {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        connection: &mut Connection,
        ctx: &mut Context<Connection>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(()) };
        let span = connection.span().cloned();
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

impl Drop for Reading {
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
        if let Some(incoming) = arrival() {
            ctx.spawn(Reading { incoming: Some(incoming) });
        }
    }
}

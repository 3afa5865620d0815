//! What a connection reads by itself: a socket that lives on its worker.
//!
//! It must never take a message while one before it is waited for, nor miss a pong meanwhile.

use std::{
    pin::Pin,
    task::{Context as TaskContext, Poll, ready},
};

use actix::{ActorFuture, AsyncContext as _, Context, Handler, Message};

use super::{
    actor::{Connection, ConnectionHandle},
    waiting::Handed,
};
use crate::wire::engine_io;

/// Where a connection's messages come from.
pub(crate) trait Source: Unpin + 'static {
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
struct Read(Arrival);

impl ConnectionHandle {
    /// Has the connection read by itself what `arrive` makes, unless that fails. Resolves when it does,
    /// or when it has ended; then `arrive` was not called.
    pub(crate) async fn read<I: Source>(
        &self,
        arrive: impl FnOnce() -> Option<I> + Send + 'static,
    ) {
        let read = Read(Box::new(move |ctx| {
            if let Some(incoming) = arrive() {
                ctx.spawn(Reading { incoming: Some(incoming) });
            }
        }));
        // What the caller has left says what became of it.
        let _ = self.address().send(read).await;
    }
}

/// The reading of one connection, for as long as it goes on.
struct Reading<I: Source> {
    /// Nothing once it has ended.
    incoming: Option<I>,
}

impl<I: Source> ActorFuture<Connection> for Reading<I> {
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
            if !connection.may_read(ctx, cx) {
                return incoming.poll_ahead(cx);
            }
            let Some(message) = ready!(incoming.poll_message(cx)) else { return Poll::Ready(()) };
            connection.receive(Handed { message, request: None, window: None }, ctx);
        }
    }
}

impl<I: Source> Drop for Reading<I> {
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::task::yield_now;

    use super::*;
    use crate::{
        Salon,
        auth::{Handshake, Principal},
        outbox::TransportKind,
    };

    /// Has no message, and counts how often it is asked for one.
    struct Silent(Arc<AtomicU32>);

    impl Source for Silent {
        fn poll_message(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<engine_io::Message>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Poll::Pending
        }

        fn poll_ahead(&mut self, _: &mut TaskContext<'_>) -> Poll<()> {
            Poll::Pending
        }

        fn end(self) {}
    }

    #[test]
    fn a_connection_that_is_sent_nothing_looks_no_more_however_few_events_it_may_have() {
        actix::System::new().block_on(async {
            let salon = Salon::builder().limits(|limits| limits.max_events_in_flight = 1);
            let salon = salon.build().unwrap();
            let handshake = Arc::new(Handshake::new::<&str, &str>("/", [], []));
            let (principal, transport) = (Principal::anonymous(), TransportKind::WebSocket);
            let handle = salon.shared().open(handshake, principal, transport).unwrap();
            let looks = Arc::<AtomicU32>::default();
            let silent = Silent(looks.clone());
            handle.read(move || Some(silent)).await;
            for _ in 0..1_000 {
                yield_now().await;
            }
            assert!((1..10).contains(&looks.load(Ordering::Relaxed)), "{looks:?}");
        });
    }
}

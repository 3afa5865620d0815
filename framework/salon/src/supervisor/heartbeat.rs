//! Heartbeats: a ping after each interval, and the end of a connection that does not answer.
//!
//! It must never keep a timer per connection: one list per worker holds all that is due.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context as TaskContext, Poll, ready},
    time::Duration,
};

use actix::{Actor, AsyncContext, Context, Handler, Recipient, StreamHandler};
use futures_util::Stream;
use tokio::{
    sync::mpsc,
    time::{Sleep, sleep_until},
};

use crate::{
    base::{
        clock::{self, Instant},
        config::Heartbeat,
        deadlines::Deadlines,
        disconnect::DisconnectReason,
        meter::Count,
        turn::{self, TakesTurns},
    },
    connection::{ConnectionHandle, Connections, Look, Watch},
};

/// The supervisor of one worker.
pub(crate) struct Supervisor {
    /// Weak: a worker outlives the Salons on it.
    connections: Weak<Connections>,
    heartbeat: Heartbeat,
    /// How long a client may take to collect that it was closed.
    grace: Duration,
    schedule: mpsc::UnboundedSender<(Instant, Watched)>,
}

/// A connection, and what is due for it.
struct Watched {
    /// Weak: a connection whose end is settled is gone before anything is due for it.
    handle: Weak<ConnectionHandle>,
    due: Due,
}

/// What is due for a connection.
#[derive(Clone, Copy)]
enum Due {
    /// A look at its heartbeat.
    Look,
    /// The end of the time in which a client may collect that it was closed.
    Forget,
}

impl Supervisor {
    /// Starts a supervisor on this worker.
    pub(crate) fn start_for(connections: &Arc<Connections>) -> Recipient<Watch> {
        let (heartbeat, grace) = (*connections.heartbeat(), connections.timeouts().close);
        let connections = Arc::downgrade(connections);
        let mut ctx = Context::new();
        let supervisor = {
            let (schedule, incoming) = mpsc::unbounded_channel();
            let (deadlines, sleep) = (Deadlines::default(), Box::pin(sleep_until(clock::now())));
            let of = connections.clone();
            ctx.add_stream(Schedule { connections: of, incoming, deadlines, sleep });
            Self { connections, heartbeat, grace, schedule }
        };
        turn::start(ctx, supervisor).recipient()
    }

    fn schedule(&self, at: Instant, handle: &Arc<ConnectionHandle>, due: Due) {
        // It lives as long as this actor.
        let _ = self.schedule.send((at, Watched { handle: Arc::downgrade(handle), due }));
    }

    fn look(&self, handle: &Arc<ConnectionHandle>) {
        match handle.look(&self.heartbeat) {
            Look::At(next) => self.schedule(next, handle, Due::Look),
            Look::Over => {
                tracing::debug!(connection = handle.number(), "no pong in time");
                handle.abort(DisconnectReason::PingTimeout);
                self.forget_later(handle);
            }
        }
    }

    fn forget_later(&self, handle: &Arc<ConnectionHandle>) {
        self.schedule(clock::now() + self.grace, handle, Due::Forget);
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl TakesTurns for Supervisor {
    /// It gives itself nothing to do.
    fn is_greedy(&self, _: u32) {}
}

impl Handler<Watch> for Supervisor {
    type Result = ();

    fn handle(&mut self, Watch(handle): Watch, _: &mut Self::Context) {
        self.schedule(handle.first_look(&self.heartbeat), &handle, Due::Look);
    }
}

impl StreamHandler<Watched> for Supervisor {
    fn handle(&mut self, Watched { handle, due }: Watched, _: &mut Self::Context) {
        let Some(handle) = handle.upgrade() else { return };
        match due {
            Due::Forget => {
                if let Some(connections) = self.connections.upgrade() {
                    connections.forget(&handle);
                }
            }
            Due::Look if handle.outbox().closed().is_some() => self.forget_later(&handle),
            Due::Look => self.look(&handle),
        }
    }
}

/// What is due on one worker, and when.
struct Schedule {
    connections: Weak<Connections>,
    incoming: mpsc::UnboundedReceiver<(Instant, Watched)>,
    deadlines: Deadlines<Watched>,
    /// Until the first of them.
    sleep: Pin<Box<Sleep>>,
}

impl Schedule {
    fn add(&mut self, at: Instant, watched: Watched) {
        self.deadlines.add(at, watched, |watched| watched.handle.strong_count() > 0);
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // The worker ends: nobody else forgets those whose actors have ended before.
        let Some(connections) = self.connections.upgrade() else { return };
        let lost = turn::is_lost();
        if lost {
            connections.counters().one(Count::ActorsLost);
            tracing::error!("the supervisor of a worker is lost: its clients are cut off");
        }
        let closed = |handle: &Arc<ConnectionHandle>| handle.outbox().closed().is_some();
        let watched = std::mem::take(&mut self.deadlines).into_all();
        let handles = watched.filter_map(|watched| watched.handle.upgrade());
        for handle in handles {
            if closed(&handle) {
                connections.forget(&handle);
            } else if lost {
                // Nobody would find out that it does not answer any more.
                handle.close(DisconnectReason::ForcedClose);
            }
        }
    }
}

impl Stream for Schedule {
    type Item = Watched;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Watched>> {
        loop {
            match self.incoming.poll_recv(cx) {
                Poll::Ready(Some((at, watched))) => self.add(at, watched),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => break,
            }
        }
        loop {
            if let Some(watched) = self.deadlines.take(clock::now()) {
                return Poll::Ready(Some(watched));
            }
            // With none, the next connection wakes it.
            let Some(next) = self.deadlines.next() else { return Poll::Pending };
            if self.sleep.deadline() != next {
                self.sleep.as_mut().reset(next);
            }
            ready!(self.sleep.as_mut().poll(cx));
        }
    }
}

//! What a client has put off while it was away comes before anything by which it joins: here it waits for
//! that.
//!
//! It must never hold for long what nobody joins for: after a while the room answers, and refuses it.

use std::time::Duration;

use actix::{AsyncContext, Context};
use bytestring::ByteString;

use super::{actor::Connection, call::CallContext, dispatch::Address, open_session::OpenSession};
use crate::{
    base::{
        clock,
        refusal::{Code, Refusal},
    },
    room::Early,
};

impl Connection {
    /// Puts an event off until its sender joins the room, or has had its time to.
    pub(super) fn put_off(&mut self, session: &OpenSession, early: Early, ctx: &mut Context<Self>) {
        // They are in flight: of the other half its client may join. To read no more would not do, since that
        // comes behind them.
        let most = self.core.limits().max_events_in_flight / 2;
        let within = self.core.timeouts().loading;
        let (waiting, _) = self.early();
        if waiting.len() >= most {
            self.drop_waiting();
            let refused = Err(too_many_wait(most, &early.room));
            return self.answer(&session.handle, early.event, early.sent.acknowledgement, refused);
        }
        let is_first = waiting.is_empty();
        waiting.push(session.number(), clock::after(within), early);
        if is_first {
            Self::look_later(within, ctx);
        }
    }

    /// Looks after a while at what has waited for long enough, and again as long as anything waits.
    fn look_later(wait: Duration, ctx: &mut Context<Self>) {
        ctx.run_later(wait, |actor, ctx| {
            let now = clock::now();
            let (early, open) = actor.early();
            early.await_no_more(now, open);
            actor.handle_early(ctx);
            let (early, _) = actor.early();
            if let Some(next) = early.next() {
                Self::look_later(next.saturating_duration_since(now), ctx);
            }
        });
    }

    /// Handles those that wait for nothing any more, in order; whoever holds up its client's events holds
    /// up these as well.
    #[inline]
    pub(super) fn handle_early(&mut self, ctx: &mut Context<Self>) {
        if self.does_anything_wait() {
            self.handle_those_early(ctx);
        }
    }

    fn handle_those_early(&mut self, ctx: &mut Context<Self>) {
        while !self.is_held()
            && let Some((session, early)) = self.take_early()
        {
            let name = ByteString::from_static(early.event);
            let address = Address { name, id: early.sent.acknowledgement };
            let go_on = |session: &mut OpenSession, context: &mut CallContext<'_>| {
                session.forward_early(early, context)
            };
            if let Err(error) = self.advance(session, address, go_on, ctx) {
                self.respond_to(&error.into(), None, ctx);
            }
        }
    }
}

/// The refusal of one more; those that wait go on to.
fn too_many_wait(most: usize, room: &str) -> Refusal {
    let message = format!(
        "no more than {most} events wait for their sender to join its rooms again: join {room:?}, and send this again"
    );
    Refusal::new(Code::LimitExceeded, message)
}

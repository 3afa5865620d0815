//! Events for rooms that their sender has been in and has not joined again: what a client has put off
//! while it was away comes before anything by which it joins.
//!
//! It must never hold for long what nobody joins for: after a while the room answers, and refuses it.

use actix::{AsyncContext, Context};
use bytestring::ByteString;

use super::{
    actor::Connection, call::CallContext, dispatch::Address, open_session::OpenSession,
    session_table::SessionTable,
};
use crate::{base::number::SessionNumber, room::Early};

/// One of them.
pub(super) struct EarlyEvent {
    session: SessionNumber,
    early: Early,
}

impl Connection {
    /// Puts an event off until its sender joins the room, or has had its time to.
    pub(super) fn put_off(&mut self, session: &OpenSession, early: Early, ctx: &mut Context<Self>) {
        // They are in flight: of the other half its client may join.
        let most = self.core.limits().max_events_in_flight / 2;
        let within = self.core.timeouts().loading;
        let Some(table) = self.table() else { return };
        if table.early.len() >= most {
            session.handle.state.claims.await_no_more(&early.room);
        }
        if table.early.is_empty() {
            ctx.run_later(within, |actor, ctx| {
                actor.wait_for_no_room();
                actor.handle_early(ctx);
            });
        }
        table.early.push(EarlyEvent { session: session.number(), early });
    }

    /// No event waits for its sender to join any more.
    fn wait_for_no_room(&mut self) {
        let Some(SessionTable { open, early, .. }) = self.table() else { return };
        for event in early {
            let session = open.iter().find(|session| session.number() == event.session);
            let claims = session.map(|session| &session.handle.state.claims);
            claims.into_iter().for_each(|claims| claims.await_no_more(&event.early.room));
        }
    }

    /// Handles those that wait for nothing any more, in order; whoever holds up its client's events holds
    /// up these as well.
    pub(super) fn handle_early(&mut self, ctx: &mut Context<Self>) {
        while !self.is_held()
            && let Some(table) = self.table()
            && let Some((session, early)) = table.take_early()
        {
            let name = ByteString::from_static(early.event);
            let address = Address { name, id: early.sent.acknowledgement };
            let go_on = |session: &mut OpenSession, context: &mut CallContext<'_>| {
                session.forward_early(early, context)
            };
            if let Err(error) = self.advance_one(session, address, go_on, ctx) {
                self.respond_to(&error.into(), None, ctx);
            }
        }
    }
}

impl SessionTable {
    /// The first that waits for no room, with the place of its session. Those of sessions that have ended
    /// are dropped.
    fn take_early(&mut self) -> Option<(usize, Early)> {
        let open = &self.open;
        let index = |event: &EarlyEvent| open.iter().position(|it| it.number() == event.session);
        self.early.retain(|event| index(event).is_some());
        let is_ready = |event: &EarlyEvent| {
            let session = index(event).map(|session| &open[session].handle);
            session.is_some_and(|session| !session.state.claims.awaits(&event.early.room))
        };
        let ready = self.early.iter().position(is_ready)?;
        let session = index(&self.early[ready])?;
        Some((session, self.early.remove(ready).early))
    }
}

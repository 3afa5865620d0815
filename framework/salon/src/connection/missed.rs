//! What a client is told that it has missed: how many of each event that is `drop`.
//!
//! It must never be told so often, or at such a moment, that it adds to what makes a client slow.

use std::time::Duration;

use actix::{AsyncContext, Context, Handler};
use bytestring::ByteString;
use serde::Serialize;

use super::{actor::Connection, mailbox::HasMissed};
use crate::{
    hub::encode_or_log,
    message::{Class, Content, Publication, Topic},
    outbox::{NotQueued, ToTell},
    payload::Payload,
    protocol::OpenSessions,
};

/// Between the first that is dropped and the word about it, and from one word to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// The event that says it.
const NAME: &str = "salon:dropped";

#[derive(Serialize)]
struct Missed<'a> {
    event: &'a str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
}

impl Handler<HasMissed> for Connection {
    type Result = ();

    fn handle(&mut self, _: HasMissed, ctx: &mut Self::Context) {
        ctx.run_later(INTERVAL, Self::tell_missed);
    }
}

impl Connection {
    /// Tells the client what it has missed since it was told last, and looks again a while later.
    fn tell_missed(&mut self, ctx: &mut Context<Self>) {
        let outbox = self.handle.outbox().clone();
        match outbox.take_missed() {
            ToTell::Nothing => return,
            ToTell::Later => {}
            ToTell::Counts(counts) => {
                for (topic, count) in counts {
                    if self.tell_one(&topic, count) == Err(NoPlace) {
                        outbox.put_back_missed(topic, count);
                    }
                }
            }
        }
        ctx.run_later(INTERVAL, Self::tell_missed);
    }

    fn tell_one(&mut self, topic: &Topic, count: u64) -> Result<(), NoPlace> {
        let Some(table) = self.table() else { return Ok(()) };
        let Some(session) = table.find(&topic.namespace) else { return Ok(()) };
        let handle = table.open[session].handle.clone();
        // Of a room that it is not in any more it is told nothing.
        let room = topic.room.map(|room| handle.state.memberships.name(room));
        if room == Some(None) {
            return Ok(());
        }
        let room = room.flatten();
        let missed = Missed { event: &topic.event, count, room: room.as_deref() };
        let Some(payload) = encode_or_log(NAME, Payload::encode_single(&missed)) else {
            return Ok(());
        };
        let content = Content::Event {
            namespace: topic.namespace.clone(),
            name: ByteString::from_static(NAME),
            payload,
            order: None,
            question: None,
        };
        match handle.offer(&Publication::with(content, topic.room, Class::Reliable)) {
            Err(NotQueued::Overflow { .. }) => Err(NoPlace),
            // Whoever has lost the room meanwhile, or is gone, need not know.
            _ => Ok(()),
        }
    }
}

/// Something else took the place that there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoPlace;

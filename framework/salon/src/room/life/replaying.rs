//! What a member missed, once more: it has seen a gap.
//!
//! It must never send more than a part of what an outbox holds at once: who has missed more asks again.

use actix::{Context, Handler};
use serde_json::json;

use super::{actor::RoomActor, restoring::not_kept};
use crate::{
    base::refusal::{Code, Refusal},
    message::{Listener, Log},
    room::{contract::Room, lookup::SendAgain, membership::Lost},
    session::membership::Replay,
};

impl<R: Room> Handler<SendAgain> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, SendAgain(replay): SendAgain, ctx: &mut Context<Self>) {
        let replayed = self.send_again(&replay);
        self.settle(ctx);
        self.when_kept(move |is_kept| {
            // What was to be sent again is not, where something behind it could not be kept. Whoever asked may
            // be gone.
            let _ = replay.answer.send(if is_kept { replayed } else { Err(not_kept()) });
        });
    }
}

impl<R: Room> RoomActor<R> {
    /// Sends a member what it missed, and says up to which number.
    fn send_again(&self, replay: &Replay) -> Result<u64, Refusal> {
        let members = &self.cx.members;
        let handle = members.handle(replay.session).ok_or_else(|| {
            Refusal::new(Code::NotAMember, "only members of the room may ask for that")
        })?;
        let since = members.since(replay.session);
        let listener = Listener { reader: handle.reader(), since };
        let first = || members.order.first_for(&listener.reader, Some(since));
        let gone = |lost| gone(lost, first());
        let order = members.order.told().ok_or_else(|| gone(Lost::Trimmed))?;
        let after = order.resume(replay.seen, &listener.reader, Some(since)).map_err(gone)?;
        let to = replay.to.min(order.head());
        if after >= to {
            return Ok(after);
        }
        let half = handle.outbox.half();
        let log = order.log().ok_or_else(|| gone(Lost::Trimmed))?;
        let read = log.read(after + 1, to, &listener, half.frames / 2 + 1, half.bytes / 2);
        let read = read.ok_or_else(|| gone(Lost::Trimmed))?;
        let sent = u64::try_from(read.len()).unwrap_or(u64::MAX);
        members.send_again(handle, read);
        Ok(after + sent)
    }
}

fn gone(lost: Lost, first: u64) -> Refusal {
    let why = match lost {
        Lost::Epoch => "it was of another order: join the room again",
        Lost::Trimmed => "it is not kept any more: join the room again",
        Lost::Ahead => "there has not been that much: join the room again",
    };
    let refusal = Refusal::new(Code::Gone, why);
    match lost {
        Lost::Trimmed => refusal.with_data(json!({ "first": first })),
        Lost::Epoch | Lost::Ahead => refusal,
    }
}

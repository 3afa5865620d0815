//! Events with keys that come to a room again.
//!
//! It must never answer one before whoever sent it has passed every check anew, nor what is a room's to
//! one who has lost it while it waited.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use futures_util::FutureExt;

use super::{actor::RoomActor, handled::Unhandled};
use crate::{
    auth::hold_answer,
    base::{
        number::MembershipNumber,
        refusal::{Code, Refusal},
    },
    event::{Waited, too_late, wait},
    once::{Begun, First, Keyed, Once, Run, gone},
    outbox,
    room::{
        contract::{Room, Senders},
        lookup::ReturnPath,
    },
};

impl<R: Room> RoomActor<R> {
    /// An event has passed its checks: it is to be handled if it has no key, or has come first with it.
    /// Else it is answered so.
    ///
    /// One that has made its sender a member is always handled: its answer is for that membership, and
    /// says what the room is now.
    #[inline]
    pub(super) fn begin_once(
        &mut self,
        event: &'static str,
        return_path: &ReturnPath,
        joined: Option<MembershipNumber>,
    ) -> Result<Run, Unhandled> {
        match &return_path.keyed {
            None => Ok(Run::unkeyed()),
            Some(keyed) => self.begin_keyed(event, keyed, return_path, joined),
        }
    }

    fn begin_keyed(
        &mut self,
        event: &'static str,
        keyed: &Keyed,
        return_path: &ReturnPath,
        joined: Option<MembershipNumber>,
    ) -> Result<Run, Unhandled> {
        let who = return_path.sender.who();
        let once = self.once();
        if joined.is_some() {
            once.forget(&who, event, keyed);
        }
        match once.begin(&who, event, keyed) {
            Begun::Run(run) => Ok(run),
            Begun::Answered(answered) => Err(Unhandled::Answered(answered)),
            Begun::Waits(first) => Err(Unhandled::Waits(first)),
        }
    }

    /// What it has answered to events with keys, or will have.
    pub(super) fn once(&mut self) -> &Arc<Once> {
        let broadcaster = self.cx.members.broadcaster();
        self.once.get_or_insert_with(|| {
            Arc::new(Once::new(broadcaster.once_in_room, broadcaster.counters.clone()))
        })
    }

    /// Answers an event whose handler has not run: now, or when it is known what.
    pub(super) fn answer_unhandled(
        &mut self,
        event: (&'static str, Senders),
        unhandled: Unhandled,
        return_path: ReturnPath,
        joined: Option<MembershipNumber>,
        ctx: &mut Context<Self>,
    ) {
        match unhandled {
            Unhandled::Answered(answered) => self.answer(event, answered, return_path, joined),
            Unhandled::Waits(first) => self.answer_as_first(event, first, return_path, joined, ctx),
        }
    }

    /// Answers an event as soon as that is answered which came first with its key.
    fn answer_as_first(
        &mut self,
        event: (&'static str, Senders),
        first: First,
        return_path: ReturnPath,
        joined: Option<MembershipNumber>,
        ctx: &mut Context<Self>,
    ) {
        let (name, senders) = event;
        let asked = self.owe(senders, &return_path);
        let limit = self.cx.members.broadcaster().time_limit;
        let sender = return_path.sender.clone();
        let ended = async move { sender.until_ended().await };
        let first = first.map(|answered| answered.unwrap_or_else(|_| Err(gone())));
        let held = hold_answer(asked.right.clone(), first, self.tally());
        let waiting = wait(held, limit, ended).into_actor(self);
        ctx.spawn(waiting.map(move |waited, actor, ctx| {
            let answered = match waited {
                Waited::Done(answered) => answered,
                Waited::Late(_) => Err(too_late(name, limit)),
                Waited::Void => Err(Refusal::new(Code::Disconnected, "nobody waits")),
            };
            let answered = match actor.settle_debt(&asked) {
                true => answered.and(Err(outbox::lapsed())),
                false => answered,
            };
            actor.answer(event, answered, return_path, joined);
            actor.settle(ctx);
        }));
    }
}

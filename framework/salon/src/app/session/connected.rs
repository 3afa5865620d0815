//! A session that is connected: what the app has made of it, with its context.
//!
//! It must never run code by a right that it was not given for it: each piece says which it has.

use std::{any::Any, sync::Arc};

use futures_util::FutureExt;

use super::{
    any_session::{AnySession, AnyStep, MakeSession, Starting, Unconnected},
    begun::Lapse,
    context::{SessionContext, Step},
    contract::{Candidate, Session},
};
use crate::{
    auth::Lost,
    base::{
        clock::Instant, contained::Running, data::Data, disconnect::DisconnectReason, timers::Round,
    },
    hub::Socket,
};

/// A session with its context.
pub(super) struct Connected<S> {
    pub(crate) session: S,
    pub(super) cx: SessionContext<S>,
}

struct Made<S>(S);

/// Makes sessions of the type `S`.
pub(crate) fn make<S: Session>() -> MakeSession {
    Arc::new(|credentials, identity, data| {
        let session = S::connect(&Candidate::new(credentials, identity, data))?;
        Ok(Box::new(Made(session)))
    })
}

impl<S: Session> Unconnected for Made<S> {
    fn connect(self: Box<Self>, socket: Socket, data: Data) -> Box<dyn AnySession> {
        let cx = SessionContext::new(socket, data);
        Box::new(Connected { session: self.0, cx })
    }
}

impl<S: Session> AnySession for Connected<S> {
    fn connected(&mut self) {
        self.session.connected(&mut self.cx);
    }

    fn disconnected(&mut self, reason: DisconnectReason) {
        self.cx.forget_right();
        self.session.disconnected(reason, &mut self.cx);
    }

    fn take_futures(&mut self) -> Vec<Starting> {
        fn erase<S: Session>(step: Step<S>) -> AnyStep {
            Box::new(move |session| {
                if let Some(Connected { session, cx }) = downcast(session) {
                    cx.forget_right();
                    step(session, cx);
                }
            })
        }
        let Some(begun) = self.cx.begun.as_deref_mut() else { return Vec::new() };
        let (futures, told) = (std::mem::take(&mut begun.futures), std::mem::take(&mut begun.told));
        let erased =
            |future: Running<Step<S>>| future.map(|step| step.map(erase::<S>)).boxed_local();
        let told = told.into_iter().map(|(permission, telling)| {
            telling.map(move |lost| Ok(tell::<S>(permission, lost.ok()))).boxed_local()
        });
        futures.into_iter().map(erased).chain(told).collect()
    }

    fn next_timer(&self) -> Option<Instant> {
        self.cx.timers.next()
    }

    fn ring(&mut self, round: Round) -> bool {
        let Some(due) = self.cx.timers.take(round) else { return false };
        self.cx.forget_right();
        due(&mut self.session, &mut self.cx);
        true
    }
}

/// Tells a session that it has lost a permission, if it has: else nothing rests on that any more.
fn tell<S: Session>(permission: &'static str, lost: Option<Lost>) -> AnyStep {
    Box::new(move |session| {
        let Some(Lost { code, done }) = lost else { return };
        if let Some(Connected { session, cx }) = downcast::<S>(session) {
            cx.forget_right();
            session.lapsed(&Lapse::new(permission, code), cx);
        }
        // Whoever took it away may have stopped waiting.
        let _ = done.send(());
    })
}

/// The session as what it is.
pub(super) fn downcast<S: 'static>(session: &mut dyn AnySession) -> Option<&mut Connected<S>> {
    let session: &mut dyn Any = session;
    session.downcast_mut()
}

//! A session that is connected, as its connection has it.
//!
//! It must never let a panic of the application's state out, also when that is dropped.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::core::Core;
use crate::{
    app::{AnySession, BuiltNamespace},
    base::{contained::contain, meter::Count, number::SessionNumber, timers::Alarm},
    hub::Socket,
    session::handle::SessionHandle,
};

/// A session that is connected.
pub(super) struct OpenSession {
    pub(super) handle: Arc<SessionHandle>,
    pub(super) namespace: Arc<BuiltNamespace>,
    pub(super) state: State,
    pub(super) alarm: Alarm,
}

/// The application's state of a session.
pub(super) struct State(Option<Box<dyn AnySession>>);

impl State {
    pub(super) fn new(state: Box<dyn AnySession>) -> Self {
        Self(Some(state))
    }
}

impl Deref for State {
    type Target = dyn AnySession;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().expect("a session has its state until it is dropped")
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.as_deref_mut().expect("a session has its state until it is dropped")
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let state = self.state.0.take();
        if contain(|| drop(state)).is_err() {
            self.handle.outbox.counters().one(Count::HandlerPanics);
            let session = &*self.handle.id;
            tracing::error!(session, "the state of a session panicked when dropped");
        }
    }
}

impl OpenSession {
    pub(super) fn number(&self) -> SessionNumber {
        self.handle.number
    }

    /// What the application has of it.
    pub(super) fn socket(&self, core: &Core) -> Socket {
        Socket::new(self.handle.clone(), core.broadcaster().clone())
    }
}

//! What a session's handlers have begun and goes on, and by what right.
//!
//! It must never let anything go on by a permission that is lost.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::{
    auth::{Granted, Lost, Right},
    base::refusal::Code,
    session::handle::SessionHandle,
};

/// What a session's handlers have asked for, until its connection takes it. Boxed: many never ask.
pub(super) struct Begun<F> {
    pub(super) futures: Vec<F>,
    /// The permissions of whose loss the session is to be told.
    pub(crate) told: Vec<(&'static str, oneshot::Receiver<Lost>)>,
    /// By what right the code that runs was called, if it took one.
    by: Option<By>,
}

/// By what right.
pub(super) enum By {
    /// By a grant, on which nothing rests yet.
    Grant {
        granted: Granted,
        withdrawals: u64,
    },
    Right(Arc<Right>),
}

/// A permission is lost: what [`Session::lapsed`](crate::Session::lapsed) is told.
#[derive(Debug)]
pub struct Lapse {
    permission: &'static str,
    code: Code,
}

impl Lapse {
    pub(crate) fn new(permission: &'static str, code: Code) -> Self {
        Self { permission, code }
    }

    /// The permission, as the event's `permit` has it.
    #[must_use]
    pub fn permission(&self) -> &'static str {
        self.permission
    }

    /// Why: [`Code::Revoked`], or [`Code::Lapsed`] where its grant has ended or the authority, asked
    /// again, has said no.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }
}

impl<F> Begun<F> {
    /// What is begun from now on is begun by this right, or by none.
    pub(super) fn set_by(&mut self, by: Option<By>) {
        self.by = by;
    }

    /// By what right something is begun; by none from now on.
    pub(super) fn take_by(&mut self) -> Option<By> {
        self.by.take()
    }

    /// The right on which rests what is begun now, if any.
    pub(super) fn right(&mut self, handle: &SessionHandle) -> Option<Arc<Right>> {
        let by = self.by.as_mut()?;
        if let By::Grant { granted, withdrawals } = *by {
            let (right, told) = handle.rest_on(granted, None, withdrawals);
            self.told.extend(told.map(|told| (granted.permission, told)));
            *by = By::Right(right);
        }
        match by {
            By::Right(right) => Some(right.clone()),
            By::Grant { .. } => None,
        }
    }
}

impl<F> Default for Begun<F> {
    fn default() -> Self {
        Self { futures: Vec::new(), told: Vec::new(), by: None }
    }
}

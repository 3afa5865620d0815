//! What a session's handlers have begun and goes on, and by what right.
//!
//! It must never let anything go on by a permission that is lost.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{SessionContext, session_context::Step};
use crate::{
    auth::{Granted, Lost, Right},
    base::{contained::Running, refusal::Code},
};

/// What a session's handlers have asked for, until its connection takes it. Boxed: many never ask.
pub(super) struct Begun<S> {
    pub(super) futures: Vec<Running<Step<S>>>,
    /// The permissions of whose loss the session is to be told.
    pub(super) told: Vec<(&'static str, oneshot::Receiver<Lost>)>,
    /// By what right the code that runs was called, if it took one.
    by: Option<By>,
}

/// By what right.
enum By {
    /// By a grant, on which nothing rests yet.
    Grant {
        granted: Granted,
        withdrawals: u64,
    },
    Right(Arc<Right>),
}

/// A permission is lost: what [`Session::lapsed`](super::Session::lapsed) is told.
#[derive(Debug)]
pub struct Lapse {
    permission: &'static str,
    code: Code,
}

impl Lapse {
    pub(super) fn new(permission: &'static str, code: Code) -> Self {
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

impl<S> SessionContext<S> {
    /// What is begun in `begin` goes on also if the permission is lost by which this handler was
    /// called: something to be tidied up, a write that is to come to its end.
    ///
    /// What else a handler of an event with `permit` begins ends with its permission: see
    /// [`Session::lapsed`](super::Session::lapsed).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("prices", permit = "look")]
    /// struct LookAtPrices;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("price")]
    /// struct Price { cents: u64 }
    ///
    /// #[derive(Default)]
    /// struct Trader;
    ///
    /// #[salon::session(sends = (Price,))]
    /// impl Trader {
    ///     #[on]
    ///     fn look(&mut self, _: LookAtPrices, cx: &mut SessionContext<Self>) {
    ///         // As long as it may look.
    ///         cx.every(Duration::from_secs(1), |_, cx| {
    ///             cx.emit(&Price { cents: 100 });
    ///         });
    ///         // Whatever becomes of that.
    ///         let looked = async { /* written down */ };
    ///         cx.regardless(|cx| cx.spawn(looked, |_, (), _| {}));
    ///     }
    /// }
    /// ```
    pub fn regardless<T>(&mut self, begin: impl FnOnce(&mut Self) -> T) -> T {
        let by = self.begun.as_mut().and_then(|begun| begun.by.take());
        let value = begin(self);
        if by.is_some() {
            self.begun().by = by;
        }
        value
    }

    /// The code of the session that runs next is called by this grant, or by none.
    pub(super) fn begin_by(&mut self, granted: Option<Granted>, withdrawals: u64) {
        match granted {
            Some(granted) => self.begun().by = Some(By::Grant { granted, withdrawals }),
            None => self.forget_right(),
        }
    }

    /// The code of the session that runs next needs no right.
    pub(super) fn forget_right(&mut self) {
        if let Some(begun) = &mut self.begun {
            begun.by = None;
        }
    }

    /// The right on which rests what is begun now, if any.
    pub(super) fn right(&mut self) -> Option<Arc<Right>> {
        let begun = self.begun.as_deref_mut()?;
        let by = begun.by.as_mut()?;
        if let By::Grant { granted, withdrawals } = *by {
            let (right, told) = self.socket.peer().rest_on(granted, None, withdrawals);
            begun.told.extend(told.map(|told| (granted.permission, told)));
            *by = By::Right(right);
        }
        match by {
            By::Right(right) => Some(right.clone()),
            By::Grant { .. } => None,
        }
    }

    /// Runs code of the session that was begun by a right, unless that is lost; what it begins rests on
    /// the same.
    pub(super) fn under<T>(
        &mut self,
        right: Option<Arc<Right>>,
        code: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let Some(right) = right else { return Some(code(self)) };
        if right.lost().is_some() {
            return None;
        }
        self.begun().by = Some(By::Right(right));
        let value = code(self);
        self.forget_right();
        Some(value)
    }

    pub(super) fn begun(&mut self) -> &mut Begun<S> {
        self.begun.get_or_insert_default()
    }
}

impl<S> Default for Begun<S> {
    fn default() -> Self {
        Self { futures: Vec::new(), told: Vec::new(), by: None }
    }
}

//! A right that something rests on which goes on: what a handler has begun by it, an answer that takes
//! time.
//!
//! It must never hold again once it is lost: what rested on it has ended.

use std::{
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytestring::ByteString;
use futures_util::{
    FutureExt,
    future::{Either, LocalBoxFuture, select},
};
use tokio::sync::{Notify, oneshot};

use super::{Grant, grant::Granted};
use crate::base::{
    contained::discard,
    meter::Tally,
    number::RightNumber,
    refusal::{Code, Refusal},
};

/// A permission of a session, in a room or in none, for as long as something rests on it: whatever
/// does has a reference.
pub(crate) struct Right {
    pub(crate) number: RightNumber,
    pub(crate) permission: &'static str,
    pub(crate) room: Option<ByteString>,
    state: Mutex<State>,
    over: Notify,
}

struct State {
    /// The newest.
    grant: Grant,
    /// Why it is lost, if it is.
    lost: Option<Code>,
    /// Whoever is to be told.
    told: Option<oneshot::Sender<Lost>>,
}

/// A right is lost; `done` is sent to or dropped once whoever was told has done what is to be done.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) code: Code,
    pub(crate) done: oneshot::Sender<()>,
}

impl Right {
    /// A right by a grant. What is returned with it tells of its loss, or that nothing rests on it any
    /// more.
    pub(super) fn new(
        Granted { permission, grant }: Granted,
        room: Option<&str>,
    ) -> (Arc<Self>, oneshot::Receiver<Lost>) {
        let (told, telling) = oneshot::channel();
        let right = Self {
            number: RightNumber::next(),
            permission,
            room: room.map(ByteString::from),
            state: Mutex::new(State { grant, lost: None, told: Some(told) }),
            over: Notify::new(),
        };
        (Arc::new(right), telling)
    }

    /// Whether it is of that permission, in that room or in none.
    pub(super) fn is_of(&self, permission: &str, room: Option<&str>) -> bool {
        self.permission == permission && self.room.as_deref() == room
    }

    /// The grant by which it holds.
    pub(crate) fn granted(&self) -> Granted {
        Granted { permission: self.permission, grant: self.state().grant }
    }

    /// Why it is lost, if it is.
    pub(crate) fn lost(&self) -> Option<Code> {
        self.state().lost.clone()
    }

    /// The refusal of what rested on it, whatever became of it.
    pub(crate) fn lost_meanwhile(&self) -> Refusal {
        let message = format!("the permission {:?} was lost meanwhile", self.permission);
        Refusal::new(Code::Lapsed, message)
    }

    /// It goes on by a newer grant; false if it is lost.
    pub(crate) fn renew(&self, grant: Grant) -> bool {
        let mut state = self.state();
        state.grant = grant;
        state.lost.is_none()
    }

    /// It is lost: what rests on it ends. What is returned resolves when the session's code knows, if
    /// it is to be told.
    pub(crate) fn lose(&self, code: &Code) -> Option<oneshot::Receiver<()>> {
        let told = {
            let mut state = self.state();
            if state.lost.is_some() {
                return None;
            }
            state.lost = Some(code.clone());
            state.told.take()
        };
        self.over.notify_waiters();
        let (done, known) = oneshot::channel();
        told?.send(Lost { code: code.clone(), done }).ok()?;
        Some(known)
    }

    /// Waits until it is lost, and says why.
    async fn until_lost(&self) -> Code {
        loop {
            let mut over = pin!(self.over.notified());
            // From here on its loss is noticed; it may have come before.
            over.as_mut().enable();
            if let Some(code) = self.lost() {
                return code;
            }
            over.await;
        }
    }

    /// Runs a future for as long as the right holds.
    ///
    /// # Errors
    /// Why the right was lost; what was to be done is given up then.
    pub(crate) async fn hold<T>(
        &self,
        future: LocalBoxFuture<'static, T>,
        tally: Tally,
    ) -> Result<T, Code> {
        // The loss is looked at first: what comes in the same moment is too late.
        match select(pin!(self.until_lost()), future).await {
            Either::Left((code, future)) => {
                discard(future, tally);
                Err(code)
            }
            Either::Right((value, _)) => Ok(value),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is one only while the right holds by which it was asked for, if it took one. Whatever
/// became of the right, it is refused as `lapsed` then, like an answer of a room that was lost.
pub(crate) fn hold_answer<T: 'static>(
    right: Option<Arc<Right>>,
    answer: impl Future<Output = Result<T, Refusal>> + 'static,
    tally: Tally,
) -> LocalBoxFuture<'static, Result<T, Refusal>> {
    let Some(right) = right else { return answer.boxed_local() };
    let answer = answer.boxed_local();
    async move { right.hold(answer, tally).await.unwrap_or_else(|_| Err(right.lost_meanwhile())) }
        .boxed_local()
}

impl fmt::Debug for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Right")
            .field("permission", &self.permission)
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        time::SystemTime,
    };

    use super::*;
    use crate::base::meter::{Count, Counters};

    fn right() -> (Arc<Right>, oneshot::Receiver<Lost>) {
        Right::new(Granted { permission: "look", grant: Grant::standing() }, None)
    }

    #[tokio::test]
    async fn a_right_is_lost_once_and_whoever_is_told_says_when_it_knows() {
        let (right, telling) = right();
        let mut known = right.lose(&Code::Revoked).expect("somebody is told");
        assert!(right.lose(&Code::Lapsed).is_none());
        assert_eq!(right.lost(), Some(Code::Revoked));
        assert!(!right.renew(Grant::until(SystemTime::UNIX_EPOCH)), "it does not come back");
        let Lost { code, done } = telling.await.expect("it is told");
        assert_eq!(code, Code::Revoked);
        assert!(known.try_recv().is_err());
        drop(done);
        assert!(known.await.is_err(), "over, whatever became of it");
    }

    #[tokio::test]
    async fn what_is_given_up_may_panic_which_is_counted() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("a drop");
            }
        }
        let (right, _telling) = right();
        let counters = Arc::<Counters>::default();
        let bomb = Bomb;
        let future = async move {
            pending::<()>().await;
            drop(bomb);
        };
        right.lose(&Code::Lapsed);
        let held = right.hold(future.boxed_local(), Tally::of(&counters));
        assert_eq!(held.await, Err(Code::Lapsed));
        assert_eq!(counters.get(Count::HandlerPanics), 1);
    }

    #[tokio::test]
    async fn what_rests_on_a_right_ends_with_it_and_what_comes_in_the_same_moment_is_too_late() {
        let (right, _telling) = right();
        assert_eq!(right.hold(ready(7).boxed_local(), Tally::NONE).await, Ok(7));
        let mut held = pin!(right.hold(pending::<u8>().boxed_local(), Tally::NONE));
        assert_eq!((&mut held).now_or_never(), None);
        right.lose(&Code::Lapsed);
        assert_eq!(held.await, Err(Code::Lapsed));
        assert_eq!(right.hold(ready(7).boxed_local(), Tally::NONE).await, Err(Code::Lapsed));
    }

    #[tokio::test]
    async fn nobody_is_told_of_a_right_on_which_nothing_rests() {
        let (right, telling) = right();
        drop(right);
        assert!(telling.await.is_err());
    }
}

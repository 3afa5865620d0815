//! Code of the application as it is run, and its values as they are kept, so that a panic of theirs
//! stays with them.
//!
//! A value is dropped wherever its last owner happens to be: a worker's shard, a table under its lock,
//! another client's handler. It must never be that one which pays for it, so whatever of the
//! application's outlives a call is wrapped in one of these.

use std::{
    any::type_name,
    mem::{forget, needs_drop},
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::LocalBoxFuture;

use super::meter::{Count, Tally};

/// Code of the application panicked; what it said is in the log by the panic hook.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs code of the application.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    // What the code had in hand is the application's own, and is not used after a panic in it.
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        // It may be of the application's as well, and panic in its turn.
        if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            forget(worse);
        }
        Panicked
    })
}

/// Drops a value of the application's, and counts a panic.
pub(crate) fn discard<T>(value: T, tally: Tally) {
    if needs_drop::<T>() && contain(|| drop(value)).is_err() {
        tally.one(Count::HandlerPanics);
        let what = type_name::<T>();
        tracing::error!(what, "a value of the application panicked when dropped");
    }
}

/// A value of the application's: dropping it never panics.
pub(crate) struct Contained<T> {
    /// Nothing once it was taken out.
    value: Option<T>,
    tally: Tally,
}

impl<T> Contained<T> {
    pub(crate) fn new(value: T, tally: Tally) -> Self {
        Self { value: Some(value), tally }
    }

    /// The value, for the application to have.
    pub(crate) fn into_inner(mut self) -> T {
        self.value.take().expect("a value is taken out once")
    }

    /// Drops the value before its time, and says of what session it was if that panics.
    pub(crate) fn release(&mut self, session: &str) {
        let value = self.value.take();
        if needs_drop::<T>() && contain(|| drop(value)).is_err() {
            self.tally.one(Count::HandlerPanics);
            let what = type_name::<T>();
            tracing::error!(session, what, "a value of the application panicked when dropped");
        }
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a value is there until it is taken out")
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a value is there until it is taken out")
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            discard(value, self.tally);
        }
    }
}

/// A future of the application's: neither running nor dropping it panics.
pub(crate) struct Running<T> {
    /// Nothing once it is done.
    future: Option<LocalBoxFuture<'static, T>>,
    tally: Tally,
}

impl<T> Running<T> {
    pub(crate) fn new(future: LocalBoxFuture<'static, T>, tally: Tally) -> Self {
        Self { future: Some(future), tally }
    }
}

impl<T> Future for Running<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        let polled = match contain(|| future.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Ok(value),
            Err(panicked) => Err(panicked),
        };
        discard(self.future.take(), self.tally);
        Poll::Ready(polled)
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            discard(future, self.tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc};

    use futures_util::FutureExt;

    use super::*;
    use crate::base::meter::Counters;

    /// Panics when it is dropped, with a value that does so as well.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            struct Worse;
            impl Drop for Worse {
                fn drop(&mut self) {
                    panic!("a panic's own value panics");
                }
            }
            std::panic::panic_any(Worse);
        }
    }

    fn counted(code: impl FnOnce(Tally)) -> u64 {
        let counters = Arc::<Counters>::default();
        code(Tally::of(&counters));
        counters.get(Count::HandlerPanics)
    }

    #[test]
    fn a_value_that_panics_when_dropped_is_counted_once_and_harms_nobody() {
        assert_eq!(counted(|tally| drop(Contained::new(Bomb, tally))), 1);
        assert_eq!(
            counted(|tally| drop(vec![Contained::new(Bomb, tally), Contained::new(Bomb, tally)])),
            2
        );
        assert_eq!(counted(|tally| Contained::new(Bomb, tally).release("a session")), 1);
        assert_eq!(counted(|tally| forget(Contained::new(Bomb, tally).into_inner())), 0);
        assert_eq!(counted(|tally| discard((Bomb, 1), tally)), 1);
    }

    #[test]
    fn one_is_dropped_while_another_panic_is_under_way() {
        let count = counted(|tally| {
            let panicked = contain(|| {
                let _bomb = Contained::new(Bomb, tally);
                panic!("the first");
            });
            assert!(panicked.is_err());
        });
        assert_eq!(count, 1);
    }

    #[test]
    fn a_future_neither_panics_when_it_runs_nor_when_it_is_dropped() {
        let never = |bomb| async move {
            pending::<()>().await;
            drop(bomb);
        };
        assert_eq!(counted(|tally| drop(Running::new(never(Bomb).boxed_local(), tally))), 1);
        let run =
            |future: LocalBoxFuture<'static, u8>, tally| Running::new(future, tally).now_or_never();
        let count = counted(|tally| {
            let done = run(async { panic!("it panics") }.boxed_local(), tally);
            assert!(matches!(done, Some(Err(Panicked))));
            assert!(matches!(run(async { 7 }.boxed_local(), tally), Some(Ok(7))));
        });
        assert_eq!(count, 0, "whoever runs it counts, and says what it was");
    }

    #[test]
    fn counters_that_are_gone_count_nothing() {
        let tally = Tally::of(&Arc::default());
        drop(Contained::new(Bomb, tally));
        drop(Contained::new(Bomb, Tally::NONE));
    }
}

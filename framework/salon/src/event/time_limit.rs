//! How long an answer that takes time is waited for.
//!
//! It must never let a future run for ever: what is late has as long again to come to its end, and
//! no longer than the client is there that it was for.

use std::{pin::pin, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, LocalBoxFuture, select},
};
use tokio::time::{sleep_until, timeout_at};

use crate::base::{
    clock,
    contained::Panicked,
    logged::Logged,
    refusal::{Code, Refusal},
};

/// What came of waiting for a future.
pub(crate) enum Waited<T> {
    /// It is done.
    Done(T),
    /// It is not done in time. It goes on in this future, which is to be run: so that what it
    /// began, such as a write, comes to its end. It yields what nobody waits for any more, or
    /// nothing if that took too long again.
    Late(LocalBoxFuture<'static, Option<T>>),
    /// There is no limit, and nobody is left who waits for it.
    Void,
}

/// Waits for `future`, which does not panic when it is dropped: no longer than `limit`; without one no longer than until `ended` is done.
pub(crate) async fn wait<T: 'static>(
    mut future: LocalBoxFuture<'static, T>,
    limit: Option<Duration>,
    ended: impl Future<Output = ()> + 'static,
) -> Waited<T> {
    let Some(limit) = limit else {
        return match select(future, pin!(ended)).await {
            Either::Left((done, _)) => Waited::Done(done),
            Either::Right(((), future)) => {
                drop(future);
                Waited::Void
            }
        };
    };
    match timeout_at(clock::after(limit), &mut future).await {
        Ok(done) => Waited::Done(done),
        Err(_) => Waited::Late(finish(future, limit, ended).boxed_local()),
    }
}

async fn finish<T>(
    future: LocalBoxFuture<'static, T>,
    limit: Duration,
    ended: impl Future<Output = ()>,
) -> Option<T> {
    let (time, ended) = (pin!(sleep_until(clock::after(limit))), pin!(ended));
    match select(future, select(time, ended)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right((_, future)) => {
            drop(future);
            None
        }
    }
}

/// Who asked for it learns no more than that something went wrong here.
impl From<Panicked> for Refusal {
    fn from(_: Panicked) -> Self {
        Self::logged_already()
    }
}

/// The refusal of an event whose handler has outlived its time limit.
pub(crate) fn too_late(name: &str, limit: Option<Duration>) -> Refusal {
    let limit = limit.unwrap_or_default();
    tracing::warn!(event = %Logged(name), ?limit, "a handler outlived its time limit");
    Refusal::new(Code::Timeout, format!("no answer to {name:?} within {limit:?}"))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn after(wait: Duration) -> LocalBoxFuture<'static, u8> {
        tokio::time::sleep(wait).map(|()| 7).boxed_local()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_in_time_is_done() {
        for limit in [Some(LIMIT), None] {
            let waited = wait(after(LIMIT), limit, pending()).await;
            assert!(matches!(waited, Waited::Done(7)), "{limit:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_late_has_as_long_again() {
        let late = async |wait| match wait_for(wait).await {
            Waited::Late(rest) => rest.await,
            Waited::Done(_) | Waited::Void => panic!("it was not late"),
        };
        assert_eq!(late(2 * LIMIT).await, Some(7));
        assert_eq!(late(2 * LIMIT + Duration::from_millis(1)).await, None);
    }

    async fn wait_for(time: Duration) -> Waited<u8> {
        wait(after(time), Some(LIMIT), pending()).await
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_ends_with_whom_it_was_for() {
        assert!(matches!(wait(after(LIMIT), None, ready(())).await, Waited::Void));
        let Waited::Late(rest) = wait(after(2 * LIMIT), Some(LIMIT), ready(())).await else {
            panic!("it was not late");
        };
        assert_eq!(rest.await, None);
    }
}

//! An answer that takes time.
//!
//! It must never borrow from the session or room that gives it: others are served meanwhile.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::LocalBoxFuture};

use crate::base::refusal::Refusal;

/// What an [`OnLater`](super::OnLater) handler returns: a future of the reply.
///
/// ```
/// use salon::prelude::*;
///
/// fn look_up(id: u64) -> Answer<String> {
///     Answer::later(async move {
///         if id == 0 {
///             return Err(Refusal::not_found("there is nothing with the id 0"));
///         }
///         Ok(format!("thing {id}"))
///     })
/// }
/// ```
#[must_use = "an answer that is dropped is never given"]
pub struct Answer<T>(LocalBoxFuture<'static, Result<T, Refusal>>);

impl<T> Answer<T> {
    /// An answer that is known when the future is done.
    pub fn later(future: impl Future<Output = Result<T, Refusal>> + 'static) -> Self {
        Self(future.boxed_local())
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}

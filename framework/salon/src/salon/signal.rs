//! The signals by which a process is asked to end.
//!
//! It must never take one that nobody waits for: from then on it does not end the process by itself.

#[cfg(unix)]
use std::{future::poll_fn, task::Poll};

#[cfg(unix)]
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// In order: SIGTERM.
    InOrder,
    /// Soon: SIGINT and SIGQUIT, or Ctrl-C.
    Soon,
}

/// The signals that are waited for. They have to be made inside a runtime.
#[cfg(unix)]
pub(super) struct Signals(Vec<(Urgency, Signal)>);

#[cfg(unix)]
impl Signals {
    /// Takes the signals from now on.
    pub(super) fn take() -> Self {
        let kinds = [
            (Urgency::InOrder, SignalKind::terminate()),
            (Urgency::Soon, SignalKind::interrupt()),
            (Urgency::Soon, SignalKind::quit()),
        ];
        let take = |(urgency, kind)| match signal(kind) {
            Ok(signal) => Some((urgency, signal)),
            Err(error) => {
                tracing::error!(%error, "a signal cannot be waited for");
                None
            }
        };
        Self(kinds.into_iter().filter_map(take).collect())
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Urgency {
        poll_fn(|cx| {
            for (urgency, signal) in &mut self.0 {
                if signal.poll_recv(cx).is_ready() {
                    return Poll::Ready(*urgency);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The signals that are waited for. They have to be made inside a runtime.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Takes the signals from now on.
    pub(super) fn take() -> Self {
        Self
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Urgency {
        if let Err(error) = actix_web::rt::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be waited for");
            std::future::pending::<()>().await;
        }
        Urgency::Soon
    }
}

//! An end that is set from outside, such as that of a key, for all that stands on it.
//!
//! It must never be put off: what was told that it ends then, ends then or earlier. Only the keys of tokens
//! set one: without them nobody does.

#![cfg_attr(
    not(any(feature = "jwt", feature = "jwt-aws-lc")),
    expect(dead_code, reason = "there are no keys")
)]

use std::time::SystemTime;

use tokio::sync::watch;

/// Who sets the end of its leases.
#[derive(Debug)]
pub(crate) struct Lessor(watch::Sender<Option<SystemTime>>);

impl Default for Lessor {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Lessor {
    /// A lease that ends when this says so.
    pub(crate) fn lease(&self) -> Lease {
        Lease(Some(self.0.subscribe()))
    }

    /// When its leases end, if ever.
    pub(crate) fn until(&self) -> Option<SystemTime> {
        *self.0.borrow()
    }

    /// Ends its leases at `end`, if they do not end earlier.
    pub(crate) fn end(&self, end: SystemTime) {
        self.0.send_if_modified(|until| {
            let earlier = until.is_none_or(|until| end < until);
            if earlier {
                *until = Some(end);
            }
            earlier
        });
    }
}

/// The end that is set from outside; none by default. A clone has seen what its origin has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lease(Option<watch::Receiver<Option<SystemTime>>>);

impl Lease {
    /// Whether nobody can end it.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// When it ends, as far as is known now.
    pub(crate) fn until(&self) -> Option<SystemTime> {
        *self.0.as_ref()?.borrow()
    }

    /// From now on [`changed`](Self::changed) waits for what comes after this.
    pub(crate) fn mark_seen(&mut self) {
        if let Some(until) = &mut self.0 {
            until.mark_unchanged();
        }
    }

    /// Waits until [`until`](Self::until) has changed; forever if it never does.
    pub(crate) async fn changed(&mut self) {
        if let Some(until) = &mut self.0
            && until.changed().await.is_ok()
        {
            return;
        }
        // Nobody is left who could change it.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn an_end_is_told_to_whoever_waits_and_is_never_put_off() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let lessor = Lessor::default();
        let mut lease = lessor.lease();
        assert_eq!(lease.changed().now_or_never(), None);
        lessor.end(at(10));
        lease.changed().await;
        assert_eq!(lease.until(), Some(at(10)));
        lessor.end(at(20));
        assert_eq!(lease.changed().now_or_never(), None);
        assert_eq!(lease.until(), Some(at(10)));
        lessor.end(at(5));
        lease.changed().await;
        drop(lessor);
        assert_eq!(lease.until(), Some(at(5)));
        assert_eq!(lease.changed().now_or_never(), None);
        assert_eq!(Lease::default().until(), None);
    }
}

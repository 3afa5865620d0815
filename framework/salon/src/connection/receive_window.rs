//! How much a link has handed over that its connection has not begun to handle.
//!
//! It must never make a link wait that has handed over little: then nobody waits for anybody.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use crate::wire::engine_io::Message;

/// How much a link may hand over before it waits, in bytes.
const LIMIT: usize = 64 * 1024;

/// What a message counts at least, in bytes: no more than 256 messages wait, however small.
const LEAST: usize = 256;

/// What waits to be handled. A link that has handed over too much waits until half of it is handled,
/// so that it is not woken for every message.
#[derive(Debug, Default)]
pub(crate) struct ReceiveWindow {
    weight: AtomicUsize,
    /// Whether the link waits for the last of it.
    is_last: AtomicBool,
    link: AtomicWaker,
}

impl ReceiveWindow {
    /// A message is about to be handed over.
    pub(super) fn add(&self, message: &Message) {
        self.weight.fetch_add(weight(message), Ordering::Relaxed);
    }

    /// The handling of a message begins.
    pub(super) fn remove(&self, message: &Message) {
        let weight = weight(message);
        let before = self.weight.fetch_sub(weight, Ordering::SeqCst);
        debug_assert!(
            before >= weight,
            "a message is added before it is removed, and weighs the same"
        );
        let half = before >= LIMIT / 2 && before - weight < LIMIT / 2;
        if half || before == weight && self.is_last.load(Ordering::SeqCst) {
            self.link.wake();
        }
    }

    /// Whether a link may hand over more.
    pub(crate) fn has_room(&self) -> bool {
        self.weight() < LIMIT
    }

    /// How much waits, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.weight.load(Ordering::Acquire)
    }

    /// Waits until a link may hand over more.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_room() {
            return Poll::Ready(());
        }
        self.link.register(cx.waker());
        // It may have been handled before the waker was there.
        if self.has_room() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until everything is handled; nothing more is handed over.
    pub(crate) fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.link.register(cx.waker());
        self.is_last.store(true, Ordering::SeqCst);
        if self.weight.load(Ordering::SeqCst) == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn weight(message: &Message) -> usize {
    message.len().max(LEAST)
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::Arc, time::Duration};

    use super::*;

    #[tokio::test]
    async fn a_link_that_handed_over_too_much_is_woken_when_half_of_it_is_handled() {
        let (window, message) = (Arc::new(ReceiveWindow::default()), Message::Text("hi".into()));
        let most = LIMIT / LEAST;
        (0..most - 1).for_each(|_| window.add(&message));
        assert!(window.has_room());
        window.add(&message);
        assert!(!window.has_room());
        let waits = window.clone();
        let mut link = tokio::spawn(async move { poll_fn(|cx| waits.poll_room(cx)).await });
        tokio::task::yield_now().await;
        (0..most / 2).for_each(|_| window.remove(&message));
        tokio::task::yield_now().await;
        assert!(!link.is_finished(), "half of it waits still");
        window.remove(&message);
        tokio::time::timeout(Duration::from_secs(5), &mut link).await.unwrap().unwrap();
    }
}

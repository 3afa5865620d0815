//! A client that came back, and has more to be sent that it missed than an outbox holds.
//!
//! It must never let grow what is for this client alone: only frames that are kept for all who come
//! back count here, and here they cost a reference each.

use super::terms::Terms;
use crate::message::Publication;

/// What waits for a client that is catching up, of the frames that are kept for all.
#[derive(Debug, Default)]
pub(super) struct CatchingUp {
    pub(super) frames: usize,
    /// As they count in an outbox.
    pub(super) bytes: usize,
    /// As they count among what is kept.
    size: usize,
}

impl CatchingUp {
    /// From now on, with what waits already.
    pub(super) fn new(waiting: &[Publication], terms: &Terms) -> Self {
        let mut catching_up = Self::default();
        for frame in waiting {
            catching_up.queue(frame, terms.form(frame).cost());
        }
        catching_up
    }

    /// Whether a frame is one of those that are kept.
    pub(super) fn counts(publication: &Publication) -> bool {
        publication.number() > 0
    }

    /// Whether one more is not too many: it is as far behind as what is kept and an outbox together.
    pub(super) fn admits(&self, publication: &Publication, terms: &Terms) -> bool {
        let frames = terms.max_frames.saturating_add(terms.max_kept_frames);
        let bytes = terms.max_bytes.saturating_add(terms.max_kept_bytes);
        self.frames < frames && self.size.saturating_add(publication.size()) <= bytes
    }

    pub(super) fn queue(&mut self, publication: &Publication, cost: usize) {
        if Self::counts(publication) {
            self.frames += 1;
            self.bytes += cost;
            self.size += publication.size();
        }
    }

    pub(super) fn take(&mut self, publication: &Publication, cost: usize) {
        if Self::counts(publication) {
            self.frames -= 1;
            self.bytes -= cost;
            self.size -= publication.size();
        }
    }
}

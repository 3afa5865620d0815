//! What waits for one client of events that it may miss, behind what it may not.
//!
//! It must never end a connection, nor hold up what is reliable: where there is no place the oldest goes.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::terms::Terms;
use crate::{
    event::Dropped,
    message::{Class, Publication, Topic},
};

/// The lane of what is `latest` and of what is `drop`. What is volatile never waits.
#[derive(Debug, Default)]
pub(super) struct Lossy {
    /// In the order in which they came; what takes the place of another is as old as that.
    frames: BTreeMap<u64, Publication>,
    /// Where those of each topic are, from the oldest.
    topics: HashMap<Topic, VecDeque<u64>>,
    next: u64,
    bytes: usize,
}

/// What became of one that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It waits.
    Queued,
    /// It waits, in the place of an older one.
    InPlace,
    /// It waits, and the oldest of that topic does so no more.
    OldestDropped,
    /// As many wait as may: it does not.
    TooMany,
}

impl Lossy {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The bytes of all that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All that wait, from the one that goes out next.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Publication> {
        self.frames.values()
    }

    /// One of that topic comes, which counts so many bytes.
    pub(super) fn push(
        &mut self,
        publication: Publication,
        topic: Topic,
        cost: usize,
        terms: &Terms,
    ) -> Came {
        let waiting = self.topics.entry(topic).or_default();
        let mut came = Came::Queued;
        if let Class::Drop { which, queue } = *publication.class() {
            if waiting.len() >= usize::from(queue).max(1) {
                if which == Dropped::Newest {
                    return Came::TooMany;
                }
                let oldest = waiting.pop_front().and_then(|oldest| self.frames.remove(&oldest));
                self.bytes -= oldest.map_or(0, |oldest| terms.form(&oldest).cost());
                came = Came::OldestDropped;
            }
        } else if let Some(older) = waiting.front().and_then(|at| self.frames.get_mut(at)) {
            let older = std::mem::replace(older, publication);
            self.bytes = self.bytes + cost - terms.form(&older).cost();
            return Came::InPlace;
        }
        waiting.push_back(self.next);
        self.frames.insert(self.next, publication);
        self.next += 1;
        self.bytes += cost;
        came
    }

    /// Takes the one that has waited for longest.
    pub(super) fn take(&mut self, terms: &Terms) -> Option<Publication> {
        let (_, oldest) = self.frames.pop_first()?;
        self.bytes -= terms.form(&oldest).cost();
        if let Some(topic) = oldest.topic()
            && let Some(waiting) = self.topics.get_mut(&topic)
        {
            waiting.pop_front();
            if waiting.is_empty() {
                self.topics.remove(&topic);
            }
        }
        Some(oldest)
    }

    /// Takes those of some topics out, in their order.
    pub(super) fn take_out(
        &mut self,
        which: impl Fn(&Topic) -> bool,
        terms: &Terms,
    ) -> Vec<Publication> {
        let mut taken = Vec::new();
        self.topics.retain(|topic, waiting| {
            let is_kept = !which(topic);
            if !is_kept {
                taken.extend(waiting.drain(..));
            }
            is_kept
        });
        taken.sort_unstable();
        let taken = taken.iter().filter_map(|at| self.frames.remove(at));
        let taken: Vec<_> = taken.collect();
        self.bytes -= taken.iter().map(|frame| terms.form(frame).cost()).sum::<usize>();
        taken
    }
}

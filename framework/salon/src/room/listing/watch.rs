//! A list of rooms as one watcher sees it, and what of it has changed.
//!
//! It must never keep a backlog: a watcher has what it was last given, and gets the newest.

use std::{collections::BTreeMap, convert::Infallible, fmt, pin::pin, sync::Arc};

use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use super::registry::{Line, Moment, Registry, Since};
use crate::room::contract::{Listing, Room};

/// Which rooms a watcher wants to see.
type Filter<R> =
    Box<dyn FnMut(&<R as Room>::Key, &<R as Listing>::Entry) -> bool + Send + Sync + 'static>;

/// The rooms of one kind that list themselves, live: from [`Rooms::watch`](crate::room::rooms::Rooms::watch).
///
/// A session gives it to [`SessionContext::watch`](crate::SessionContext::watch); other code awaits
/// [`changed`](Self::changed). It keeps neither the rooms nor the Salon, and for each room that it
/// shows at most one entry.
pub struct Watch<R: Listing> {
    registry: Arc<Registry<R>>,
    filter: Option<Filter<R>>,
    /// Up to when `shown` is right; `None` before the first time.
    seen: Option<Moment>,
    shown: BTreeMap<Moment, Line<R>>,
}

impl<R: Listing> Watch<R> {
    pub(in crate::room) fn new(registry: Arc<Registry<R>>, filter: Option<Filter<R>>) -> Self {
        Self { registry, filter, seen: None, shown: BTreeMap::new() }
    }

    /// What has changed since the last call, as soon as something has. The first call yields the
    /// list as it is, all of it as [`added`](Changes::added), also if it is empty. `None` when the
    /// Salon has ended.
    ///
    /// However much has happened, there is one answer for all of it, of at most the rooms that were
    /// shown and those that are listed. The future may be dropped: nothing is lost by that.
    ///
    /// ```
    /// use salon::{Listing, Salon};
    ///
    /// async fn log_all<R: Listing<Entry = String>>(salon: &Salon) {
    ///     let mut watch = salon.rooms::<R>().watch();
    ///     while let Some(changes) = watch.changed().await {
    ///         for key in changes.removed {
    ///             println!("{key} is gone");
    ///         }
    ///         for (key, entry) in changes.added.into_iter().chain(changes.changed) {
    ///             println!("{key} is {entry} now");
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn changed(&mut self) -> Option<Changes<R>> {
        let registry = self.registry.clone();
        loop {
            // What happens from here on is told.
            let news = registry.changed.notified();
            let first = self.seen.is_none();
            let since = registry.since(self.seen.unwrap_or_default(), &self.shown);
            let ended = since.ended;
            let changes = self.take(since);
            if !changes.is_empty() || (first && !ended) {
                return Some(changes);
            }
            if ended {
                return None;
            }
            news.await;
        }
    }

    /// Takes in what has changed, and says what of it is to be seen.
    fn take(&mut self, since: Since<R>) -> Changes<R> {
        let mut changes = Changes { added: Vec::new(), changed: Vec::new(), removed: Vec::new() };
        for place in since.gone {
            let gone = self.shown.remove(&place);
            changes.removed.extend(gone.map(|line| R::Key::clone(&line.key)));
        }
        for line in since.lines {
            let wanted = self.filter.as_mut().is_none_or(|filter| filter(&line.key, &line.entry));
            let before = self.shown.get(&line.place);
            match (before, wanted) {
                // It changed, and changed back.
                (Some(before), true) if **before.entry == **line.entry => {}
                (Some(_), true) => changes.changed.push(line.to_pair()),
                (None, true) => changes.added.push(line.to_pair()),
                (Some(_), false) => changes.removed.push(R::Key::clone(&line.key)),
                (None, false) => {}
            }
            if wanted {
                self.shown.insert(line.place, line);
            } else {
                self.shown.remove(&line.place);
            }
        }
        self.seen = Some(since.now);
        changes
    }
}

impl<R: Listing> fmt::Debug for Watch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Watch");
        debug.field("kind", &R::NAME).field("shown", &self.shown.len()).finish_non_exhaustive()
    }
}

/// What has changed in a list of rooms since a watcher was told the last time. Each room is in one
/// of the three; one that closed and was opened again meanwhile is in `removed` and in `added`, so
/// take `removed` first.
pub struct Changes<R: Listing> {
    /// Rooms that are new on the list, or match the watcher's filter now, in the order in which
    /// they were listed. Without a filter they belong behind those that were there.
    pub added: Vec<(R::Key, R::Entry)>,
    /// Rooms whose entry is another one now, in the order in which they were listed.
    pub changed: Vec<(R::Key, R::Entry)>,
    /// Rooms that are on the list no more, or do not match the watcher's filter any more.
    pub removed: Vec<R::Key>,
}

impl<R: Listing> Changes<R> {
    /// Whether nothing has changed: only of a list that was empty from the start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl<R: Listing> fmt::Debug for Changes<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = |pairs: &[(R::Key, R::Entry)]| -> Vec<String> {
            pairs.iter().map(|(key, _)| key.to_string()).collect()
        };
        let removed: Vec<_> = self.removed.iter().map(ToString::to_string).collect();
        f.debug_struct("Changes")
            .field("added", &keys(&self.added))
            .field("changed", &keys(&self.changed))
            .field("removed", &removed)
            .finish()
    }
}

/// A list that is watched, as long as this is kept: from
/// [`SessionContext::watch`](crate::SessionContext::watch) or
/// [`RoomContext::watch`](crate::RoomContext::watch).
#[must_use = "the watching ends when this is dropped; keep it in the session or the room"]
pub struct Watching {
    _kept: oneshot::Sender<Infallible>,
}

/// What somebody keeps who watches, and what tells that it was dropped.
pub(crate) fn begin_watching() -> (Watching, oneshot::Receiver<Infallible>) {
    let (kept, dropped) = oneshot::channel();
    (Watching { _kept: kept }, dropped)
}

/// Waits for what is new on the list, with what it takes to wait again; `None` if nobody wants to know it
/// any more, or the Salon has ended.
pub(crate) async fn next_changes<R: Listing>(
    mut watch: Watch<R>,
    mut dropped: oneshot::Receiver<Infallible>,
    ended: impl Future<Output = ()>,
) -> (Watch<R>, oneshot::Receiver<Infallible>, Option<Changes<R>>) {
    let ended = pin!(ended);
    let over = select(&mut dropped, ended);
    let changes = match select(over, pin!(watch.changed())).await {
        Either::Left(_) => None,
        Either::Right((changes, _)) => changes,
    };
    (watch, dropped, changes)
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}

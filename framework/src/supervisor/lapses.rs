//! Lapses: the end of what an identity stands on, and of the grants that keep members in rooms.
//!
//! It must never be late for an end because an answer is slow: it asks ahead, and without a yes in
//! time the right is over.

use std::{
    cell::Cell,
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use futures_util::future::{Either, select};

use crate::{
    clock::{self, Instant},
    connection::{Realm, announce, lapse, reauthenticate, reconsider},
    peer::Peer,
    refusal::Code,
    standing::Presented,
};

/// How long is waited at most before the wall clock is looked at again: somebody may have set it.
const LOOK: Duration = Duration::from_secs(60);

/// Watches over a session until it ends. It holds neither the session nor the Salon.
pub(super) async fn watch(realm: Weak<Realm>, peer: Weak<Peer>) {
    let mut watch = Watching { announced: None, asking: None, evaluated: clock::now() };
    loop {
        let (Some(realm), Some(peer)) = (realm.upgrade(), peer.upgrade()) else { return };
        if peer.has_ended() {
            return;
        }
        let mut lease = peer.standing.credential().lease;
        // Before the look, so that what changes after it is not missed.
        lease.mark_seen();
        let told = Cell::new(false);
        let wait = {
            let ends = pin!(keep_ends(&realm, &peer, &told));
            match select(pin!(watch.look(&realm, &peer)), ends).await {
                Either::Left((wait, _)) if !told.get() => wait.min(LOOK),
                Either::Left(_) => continue,
                // It has ended, and whatever is still asked about it does not matter.
                Either::Right(((), _)) => return,
            }
        };
        let changed = peer.standing.changed();
        drop((realm, peer));
        let told = async {
            select(pin!(changed.notified()), pin!(lease.changed())).await;
        };
        // Whichever it was: everything is looked at anew.
        let _ = tokio::time::timeout(wait, told).await;
    }
}

/// Ends what is over until the session itself is, however long an answer takes meanwhile. `told` is
/// set when something has changed that is to be looked at.
async fn keep_ends(realm: &Realm, peer: &Peer, told: &Cell<bool>) {
    while !peer.has_ended() {
        let identity = end_identity(realm, peer);
        let wait = identity.min(end_memberships(peer)).min(LOOK);
        let mut lease = peer.standing.credential().lease;
        lease.mark_seen();
        let changed = peer.standing.changed();
        let changes = async {
            select(pin!(changed.notified()), pin!(lease.changed())).await;
        };
        if tokio::time::timeout(wait, changes).await.is_ok() {
            told.set(true);
        }
    }
}

/// Ends the session if what its identity stands on is over; how much of that is left.
fn end_identity(realm: &Realm, peer: &Peer) -> Duration {
    let is_over = |presented: &Presented| {
        presented.credential.expires().is_some_and(|expires| until(expires).is_none())
    };
    lapse(realm, peer, &Code::Lapsed, is_over);
    left(peer.standing.credential().expires())
}

/// Ends the memberships whose grants are over; how much is left of the next.
fn end_memberships(peer: &Peer) -> Duration {
    let is_over = |end: Option<SystemTime>| end.is_some_and(|end| until(end).is_none());
    if is_over(peer.state.memberships.earliest_end()) {
        // Each of them is told to its room; nobody waits for that here.
        drop(peer.withdraw(&Code::Lapsed, |membership| {
            is_over(membership.granted.and_then(|granted| granted.grant.end()))
        }));
    }
    left(peer.state.memberships.earliest_end())
}

/// What is known of one session from the last look.
struct Watching {
    /// The end of the identity that its client was told of.
    announced: Option<SystemTime>,
    /// The grant's end that is next, and when its authority is to be asked; never again if `None`.
    asking: Option<(SystemTime, Option<SystemTime>)>,
    /// When everything was asked about last.
    evaluated: Instant,
}

impl Watching {
    /// Does what is due, and says when to look again.
    async fn look(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        let identity = self.look_at_identity(realm, peer);
        let evaluation = self.evaluate(realm, peer).await;
        let grants = self.look_at_grants(realm, peer).await;
        identity.min(evaluation).min(grants)
    }

    fn look_at_identity(&mut self, realm: &Realm, peer: &Peer) -> Duration {
        let left = end_identity(realm, peer);
        let Some(expires) = peer.standing.credential().expires() else { return left };
        let notice = realm.lapses().notice;
        if left > notice {
            return left - notice;
        }
        if self.announced.replace(expires) != Some(expires) {
            announce(realm, peer);
        }
        left
    }

    async fn evaluate(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        let Some(every) = realm.lapses().reevaluate_every else { return Duration::MAX };
        let passed = clock::now().saturating_duration_since(self.evaluated);
        if passed < every {
            return every - passed;
        }
        self.evaluated = clock::now();
        reauthenticate(realm, peer).await;
        reconsider(realm, peer, |_| true).await;
        every
    }

    async fn look_at_grants(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        loop {
            let left = end_memberships(peer);
            let Some(end) = peer.state.memberships.earliest_end() else { return left };
            let ahead = realm.lapses().ask_ahead.min(left / 2);
            let ask = match self.asking {
                Some((asked, ask)) if asked == end => ask,
                _ => Some(end - ahead),
            };
            self.asking = Some((end, ask));
            match ask {
                None => return left,
                Some(ask) => {
                    if let Some(wait) = until(ask) {
                        return wait;
                    }
                    self.asking = Some((end, None));
                    reconsider(realm, peer, |basis| basis.granted.grant.end() == Some(end)).await;
                }
            }
        }
    }
}

/// How long it is until an end, if there is one.
fn left(end: Option<SystemTime>) -> Duration {
    end.map_or(Duration::MAX, |end| until(end).unwrap_or_default())
}

/// How long it is until then; `None` if it is over.
fn until(moment: SystemTime) -> Option<Duration> {
    moment.duration_since(clock::wall()).ok().filter(|left| !left.is_zero())
}

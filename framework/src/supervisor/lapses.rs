//! Lapses: the end of what an identity stands on, and of the grants that keep members in rooms.
//!
//! It must never be late for an end because an answer is slow: it asks ahead, and without a yes in
//! time the right is over.

use std::{
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use futures_util::future::select;

use crate::{
    clock::{self, Instant},
    connection::{Realm, announce, lapse, reauthenticate, reconsider},
    membership::Basis,
    peer::Peer,
    refusal::Code,
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
        let wait = watch.look(&realm, &peer).min(LOOK);
        let changed = peer.standing.changed();
        drop((realm, peer));
        let told = async {
            select(pin!(changed.notified()), pin!(lease.changed())).await;
        };
        // Whichever it was: everything is looked at anew.
        let _ = tokio::time::timeout(wait, told).await;
    }
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
    fn look(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        let identity = self.look_at_identity(realm, peer);
        let evaluation = self.evaluate(realm, peer);
        let grants = self.look_at_grants(realm, peer);
        identity.min(evaluation).min(grants)
    }

    fn look_at_identity(&mut self, realm: &Realm, peer: &Peer) -> Duration {
        let Some(expires) = peer.standing.credential().expires() else { return Duration::MAX };
        let Some(left) = until(expires) else {
            let is_over = |expires: Option<SystemTime>| {
                expires.is_some_and(|expires| until(expires).is_none())
            };
            lapse(realm, peer, &Code::Lapsed, |credential| is_over(credential.expires()));
            return Duration::ZERO;
        };
        let notice = realm.lapses().notice;
        if left > notice {
            return left - notice;
        }
        if self.announced.replace(expires) != Some(expires) {
            announce(realm, peer);
        }
        left
    }

    fn evaluate(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        let Some(every) = realm.lapses().reevaluate_every else { return Duration::MAX };
        let passed = clock::now().saturating_duration_since(self.evaluated);
        if passed < every {
            return every - passed;
        }
        self.evaluated = clock::now();
        let (realm, peer) = (realm.clone(), peer.clone());
        // A task of its own: an answer that takes its time makes no end late.
        actix::spawn(async move {
            reauthenticate(&realm, &peer).await;
            peer.state.grants.clear();
            reconsider(&realm, &peer, |_| true).await;
            peer.standing.wake();
        });
        every
    }

    fn look_at_grants(&mut self, realm: &Arc<Realm>, peer: &Arc<Peer>) -> Duration {
        loop {
            let Some(end) = peer.state.memberships.earliest_end() else { return Duration::MAX };
            let Some(left) = until(end) else {
                // Each of them is told to its room; nobody waits for that here.
                drop(peer.withdraw(&Code::Lapsed, |membership| {
                    let end = membership.granted.and_then(|granted| granted.grant.end());
                    end.is_some_and(|end| until(end).is_none())
                }));
                continue;
            };
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
                    let (realm, peer) = (realm.clone(), peer.clone());
                    actix::spawn(async move {
                        let is_next = |basis: &Basis| basis.granted.grant.end() == Some(end);
                        reconsider(&realm, &peer, is_next).await;
                        peer.standing.wake();
                    });
                }
            }
        }
    }
}

/// How long it is until then; `None` if it is over.
fn until(moment: SystemTime) -> Option<Duration> {
    moment.duration_since(clock::wall()).ok().filter(|left| !left.is_zero())
}

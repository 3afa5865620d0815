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
    base::{
        clock::{self, Instant},
        refusal::Code,
    },
    connection::{Core, Resting, RestingKey, announce, lapse, reauthenticate, reconsider},
    session::handle::SessionHandle,
};

/// How long is waited at most before the wall clock is looked at again: somebody may have set it.
const LOOK: Duration = Duration::from_secs(60);

/// Has the rights of a session watched on this worker, until it ends.
pub(crate) fn supervise(core: &Arc<Core>, handle: &Arc<SessionHandle>) {
    // A task of its own: an authority that takes its time holds up nobody else.
    actix::spawn(watch(Arc::downgrade(core), Arc::downgrade(handle)));
}

/// Watches over a session until it ends. It holds neither the session nor the Salon.
async fn watch(core: Weak<Core>, handle: Weak<SessionHandle>) {
    let mut watch = Watching { announced: None, asking: Vec::new(), evaluated: clock::now() };
    loop {
        let (Some(core), Some(handle)) = (core.upgrade(), handle.upgrade()) else { return };
        if handle.has_ended() {
            return;
        }
        // Before the look, so that what changes after it is not missed.
        let changed = handle.auth_state.changed();
        let mut lease = handle.auth_state.credential().lease;
        lease.mark_seen();
        let wait = watch.look(&core, &handle).min(LOOK);
        drop((core, handle));
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
    /// What rests on grants that end.
    asking: Vec<Asking>,
    /// When everything was asked about last.
    evaluated: Instant,
}

/// When an authority is asked ahead of the end of a grant.
struct Asking {
    of: RestingKey,
    end: SystemTime,
    /// Not any more, once it was.
    at: Option<SystemTime>,
}

impl Watching {
    /// Does what is due, and says when to look again.
    fn look(&mut self, core: &Arc<Core>, handle: &Arc<SessionHandle>) -> Duration {
        let identity = self.look_at_identity(core, handle);
        let evaluation = self.evaluate(core, handle);
        let grants = self.look_at_grants(core, handle);
        identity.min(evaluation).min(grants)
    }

    fn look_at_identity(&mut self, core: &Core, handle: &SessionHandle) -> Duration {
        let Some(expires) = handle.auth_state.credential().expires() else { return Duration::MAX };
        let Some(left) = until(expires) else {
            let is_over = |expires: Option<SystemTime>| {
                expires.is_some_and(|expires| until(expires).is_none())
            };
            lapse(handle, &Code::Lapsed, |credential| is_over(credential.expires()));
            return Duration::ZERO;
        };
        let notice = core.lapses().notice;
        if left > notice {
            return left - notice;
        }
        if self.announced.replace(expires) != Some(expires) {
            announce(handle);
        }
        left
    }

    fn evaluate(&mut self, core: &Arc<Core>, handle: &Arc<SessionHandle>) -> Duration {
        let Some(every) = core.lapses().reevaluate_every else { return Duration::MAX };
        let passed = clock::now().saturating_duration_since(self.evaluated);
        if passed < every {
            return every - passed;
        }
        self.evaluated = clock::now();
        let (core, handle) = (core.clone(), handle.clone());
        // A task of its own: an answer that takes its time makes no end late.
        actix::spawn(async move {
            reauthenticate(&core, &handle).await;
            handle.state.memberships.note_withdrawal();
            handle.state.grants.clear();
            reconsider(&core, &handle, |_| true).await;
            handle.auth_state.wake();
        });
        every
    }

    fn look_at_grants(&mut self, core: &Arc<Core>, handle: &Arc<SessionHandle>) -> Duration {
        let all = Resting::all(handle);
        self.asking.retain(|asking| all.iter().any(|resting| resting.key() == asking.of));
        let (mut due, mut next) = (Vec::new(), Duration::MAX);
        for resting in all {
            let granted = resting.granted();
            let Some(end) = granted.grant.end() else { continue };
            let Some(left) = until(end) else {
                resting.lose(handle, &Code::Lapsed);
                continue;
            };
            next = next.min(left);
            let ahead = core.lapses().ask_ahead.min(left / 2);
            let asking = self.asking(resting.key(), end, end - ahead);
            match asking.at.map(until) {
                // It was asked, and there is no answer yet.
                None => {}
                Some(Some(wait)) => next = next.min(wait),
                Some(None) => {
                    asking.at = None;
                    due.push((resting.key(), granted));
                }
            }
        }
        if !due.is_empty() {
            let (core, handle) = (core.clone(), handle.clone());
            actix::spawn(async move {
                let is_due =
                    |one: &Resting| due.iter().any(|(key, granted)| one.is(*key, *granted));
                reconsider(&core, &handle, is_due).await;
                handle.auth_state.wake();
            });
        }
        next
    }

    /// When it is asked about what rests on a grant that ends then: at `at`, unless that is known.
    fn asking(&mut self, of: RestingKey, end: SystemTime, at: SystemTime) -> &mut Asking {
        let known = self.asking.iter().position(|asking| asking.of == of);
        let index = known.unwrap_or_else(|| {
            self.asking.push(Asking { of, end, at: Some(at) });
            self.asking.len() - 1
        });
        let asking = &mut self.asking[index];
        if asking.end != end {
            (asking.end, asking.at) = (end, Some(at));
        }
        asking
    }
}

/// How long it is until then; `None` if it is over.
fn until(moment: SystemTime) -> Option<Duration> {
    moment.duration_since(clock::wall()).ok().filter(|left| !left.is_zero())
}

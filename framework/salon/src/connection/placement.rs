//! Where connections live that belong together: all of one key on one worker.
//!
//! It must never keep a key itself, nor anything of one whose last connection has ended: clients
//! choose the keys.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    app::KeyHash,
    base::{number::ShardNumber, slack::Slack},
    hub::ShardHandle,
};

/// The workers of all keys that have a connection.
#[derive(Debug, Default)]
pub(super) struct Placements(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    placements: HashMap<KeyHash, Home>,
    /// How many connections of any key each worker has.
    placed: HashMap<ShardNumber, usize>,
}

/// The worker of one key, while it has connections.
#[derive(Debug)]
struct Home {
    shard: ShardHandle,
    connections: usize,
}

impl Placements {
    /// Takes a connection in that came to the worker `here`: where the others of its key live, or if
    /// it is the first, on the worker with the fewest connections placed. actix-web gives connections to its
    /// workers in turn, so if the first stayed where it came, groups that come one after the other
    /// and are as large as a multiple of the workers would all be on one.
    pub(super) fn take_in(
        self: &Arc<Self>,
        key: KeyHash,
        here: &ShardHandle,
        all: &[ShardHandle],
    ) -> (Placement, ShardHandle) {
        let mut state = self.lock();
        let found = state.placements.get_mut(&key).filter(|home| home.shard.is_alive());
        let shard = if let Some(home) = found {
            home.connections += 1;
            home.shard.clone()
        } else {
            let shard = state.roomiest(here, all).clone();
            // One whose worker has ended is replaced; what was placed on it does not count in the new one.
            state.placements.insert(key, Home { shard: shard.clone(), connections: 1 });
            shard
        };
        *state.placed.entry(shard.number()).or_default() += 1;
        (Placement { placements: self.clone(), key, shard: shard.number() }, shard)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The worker with the fewest connections placed; `here` if it is one of several.
    fn roomiest<'a>(&self, here: &'a ShardHandle, all: &'a [ShardHandle]) -> &'a ShardHandle {
        let alive = std::iter::once(here).chain(all).filter(|shard| shard.is_alive());
        let placed = |shard: &&ShardHandle| self.placed.get(&shard.number()).copied();
        // Of several the first.
        alive.min_by_key(|shard| placed(shard).unwrap_or_default()).unwrap_or(here)
    }

    fn move_out(&mut self, key: KeyHash, shard: ShardNumber) {
        if let Some(home) = self.placements.get_mut(&key)
            && home.shard.number() == shard
        {
            home.connections -= 1;
            if home.connections == 0 {
                self.placements.remove(&key);
                self.placements.shed();
            }
        }
        if let Some(placed) = self.placed.get_mut(&shard) {
            *placed -= 1;
            if *placed == 0 {
                self.placed.remove(&shard);
            }
        }
    }
}

/// One connection at the home of its key, until this is dropped.
pub(super) struct Placement {
    placements: Arc<Placements>,
    key: KeyHash,
    shard: ShardNumber,
}

impl Drop for Placement {
    fn drop(&mut self) {
        self.placements.lock().move_out(self.key, self.shard);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use actix::{Arbiter, System};

    use super::*;
    use crate::base::meter::Tally;

    /// A worker on a thread of its own.
    fn worker() -> (Arbiter, ShardHandle) {
        let arbiter = Arbiter::new();
        let (started, starting) = mpsc::channel();
        arbiter.spawn_fn(move || started.send(ShardHandle::start(Tally::NONE)).unwrap());
        (arbiter, starting.recv().unwrap())
    }

    fn keys() -> Vec<KeyHash> {
        (0..4).map(KeyHash).collect()
    }

    #[test]
    fn a_key_whose_worker_has_ended_finds_another_and_its_old_residents_do_not_count() {
        System::new().block_on(async {
            let placements = Arc::<Placements>::default();
            let ((first, one), (_second, two)) = (worker(), worker());
            let all = [one.clone(), two.clone()];
            let old: Vec<_> = (0..3).map(|_| placements.take_in(KeyHash(1), &one, &all)).collect();
            assert!(old.iter().all(|(_, home)| home.number() == one.number()));
            first.stop();
            first.join().unwrap();
            let new = placements.take_in(KeyHash(1), &two, &all);
            assert_eq!(new.1.number(), two.number());
            drop(old);
            let newer = placements.take_in(KeyHash(1), &two, &all);
            assert_eq!(placements.lock().placements[&KeyHash(1)].connections, 2);
            drop((new, newer));
            let state = placements.lock();
            assert!(state.placements.is_empty() && state.placed.is_empty(), "{state:?}");
        });
    }

    #[test]
    fn nothing_is_kept_however_many_keys_come_and_go_on_many_threads_at_once() {
        System::new().block_on(async {
            let placements = Arc::<Placements>::default();
            let workers: Vec<_> = (0..4).map(|_| worker()).collect();
            let all: Vec<_> = workers.iter().map(|(_, shard)| shard.clone()).collect();
            std::thread::scope(|scope| {
                for here in &all {
                    let (placements, all) = (&placements, &all);
                    scope.spawn(move || {
                        for _ in 0..2_000 {
                            for key in keys() {
                                let one = placements.take_in(key, here, all);
                                let other = placements.take_in(key, here, all);
                                assert_eq!(one.1.number(), other.1.number());
                            }
                        }
                    });
                }
            });
            let state = placements.lock();
            assert!(state.placements.is_empty() && state.placed.is_empty(), "{state:?}");
        });
    }
}

//! The keys in use, which can change while the server runs.
//!
//! It must never verify with a key after its end, nor leave the sessions of an ended key alone.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::{Duration, SystemTime},
};

use super::Key;
use crate::{
    auth::{Lease, Lessor},
    base::clock,
};

/// The keys that verify tokens, by their `kid`. A clone is another handle to the same keys, so that
/// they can be replaced while the server runs.
///
/// A token is verified with the keys that have the `kid` of its header; if there are several, with
/// any of them, but each only for the issuer that it is [bound to](Key::issued_by). A key without a
/// `kid`, made `from` a [`Key`] alone, is for every token whose `kid` no other key has. A token
/// without `kid` is refused unless there is one like that.
///
/// When a key ends, every session whose token it verified lapses with it.
///
/// ```
/// use std::time::Duration;
///
/// use salon::auth::{Jwt, jwt::{Claims, Key, Keys}};
///
/// # let (old, new) = ([1; 32], [2; 32]);
/// let keys = Keys::new();
/// keys.add("2026-01", Key::hs256(old)?);
/// let tokens = Jwt::<Claims>::with_keys(keys.clone());
///
/// // Later: from now on tokens are signed with a new key; those signed before are good for an hour.
/// keys.rotate("2026-02", Key::hs256(new)?, Duration::from_secs(60 * 60));
///
/// // A key that has leaked ends at once.
/// keys.remove("2026-01");
/// # Ok::<(), salon::auth::jwt::KeyError>(())
/// ```
#[derive(Clone, Default)]
pub struct Keys(Arc<RwLock<Vec<Arc<KnownKey>>>>);

/// A key in use.
pub(super) struct KnownKey {
    kid: Option<Box<str>>,
    pub(super) key: Key,
    lessor: Lessor,
}

impl KnownKey {
    fn new(kid: Option<&str>, key: Key) -> Arc<Self> {
        Arc::new(Self { kid: kid.map(Into::into), key, lessor: Lessor::default() })
    }

    /// What stands on the key.
    pub(super) fn lease(&self) -> Lease {
        self.lessor.lease()
    }

    fn has_ended(&self, now: SystemTime) -> bool {
        self.lessor.until().is_some_and(|until| until <= now)
    }

    /// Whether it is this key, and is to stay.
    fn stays_as(&self, kid: &str, key: &Key) -> bool {
        self.lessor.until().is_none() && self.kid.as_deref() == Some(kid) && self.key.is_same(key)
    }
}

impl Keys {
    /// No keys: every token is refused until one is added.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key. Another with the same `kid`, bound to the same issuer or like this one to none,
    /// ends at once.
    pub fn add(&self, kid: impl AsRef<str>, key: Key) {
        let (kid, now) = (kid.as_ref(), clock::wall());
        let mut held = self.write(now);
        if held.iter().any(|held| held.stays_as(kid, &key)) {
            return;
        }
        end(&mut held, now, |held| {
            held.kid.as_deref() == Some(kid) && held.key.issuer() == key.issuer()
        });
        held.push(KnownKey::new(Some(kid), key));
    }

    /// Adds a key in place of those before it that are bound to the same issuer, or like this one
    /// to none. They verify tokens until `overlap` has passed; then the sessions that they let in
    /// lapse, even if their tokens would be good for longer. An end that was set before stays.
    pub fn rotate(&self, kid: impl AsRef<str>, key: Key, overlap: Duration) {
        let (kid, now) = (kid.as_ref(), clock::wall());
        let mut held = self.write(now);
        // An overlap that the clock cannot count has no end.
        if let Some(end) = now.checked_add(overlap) {
            let before = held.iter().filter(|held| held.key.issuer() == key.issuer());
            for before in before.filter(|held| !held.stays_as(kid, &key)) {
                before.lessor.end(end);
            }
        }
        if !held.iter().any(|held| held.stays_as(kid, &key)) {
            held.push(KnownKey::new(Some(kid), key));
        }
        held.retain(|held| !held.has_ended(now));
    }

    /// Ends all keys with that `kid`, at once.
    pub fn remove(&self, kid: impl AsRef<str>) {
        let now = clock::wall();
        let kid = Some(kid.as_ref());
        end(&mut self.write(now), now, |held| held.kid.as_deref() == kid);
    }

    /// Replaces all keys, for instance by what an issuer publishes. Those that are in use already
    /// go on; all others end at once.
    pub fn set<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = (K, Key)>) {
        let keys: Vec<(K, Key)> = keys.into_iter().collect();
        let now = clock::wall();
        let mut held = self.write(now);
        end(&mut held, now, |held| !keys.iter().any(|(kid, key)| held.stays_as(kid.as_ref(), key)));
        for (kid, key) in keys {
            let kid = kid.as_ref();
            if !held.iter().any(|held| held.stays_as(kid, &key)) {
                held.push(KnownKey::new(Some(kid), key));
            }
        }
    }

    /// The keys that a token with this `kid` may be verified with, the newest first.
    pub(super) fn find(&self, kid: Option<&str>, now: SystemTime) -> Vec<Arc<KnownKey>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let valid = |kid: Option<&str>| -> Vec<Arc<KnownKey>> {
            let named = held.iter().rev().filter(|held| held.kid.as_deref() == kid);
            named.filter(|held| !held.has_ended(now)).cloned().collect()
        };
        let named = kid.map(|kid| valid(Some(kid))).unwrap_or_default();
        if named.is_empty() { valid(None) } else { named }
    }

    /// The keys, without those that have ended.
    fn write(&self, now: SystemTime) -> RwLockWriteGuard<'_, Vec<Arc<KnownKey>>> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.retain(|held| !held.has_ended(now));
        held
    }
}

/// Ends some keys.
fn end(held: &mut Vec<Arc<KnownKey>>, now: SystemTime, ends: impl Fn(&KnownKey) -> bool) {
    held.retain(|held| {
        let ends = ends(held);
        if ends {
            held.lessor.end(now);
        }
        !ends
    });
}

/// One key without a `kid`.
impl From<Key> for Keys {
    fn from(key: Key) -> Self {
        Self(Arc::new(RwLock::new(vec![KnownKey::new(None, key)])))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_map().entries(held.iter().map(|held| (&held.kid, &held.key))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::hs256([byte; 32]).unwrap()
    }

    /// The first bytes of the keys for a `kid`, some time from now.
    fn found(keys: &Keys, kid: Option<&str>, later: u64) -> Vec<u8> {
        let now = clock::wall() + Duration::from_secs(later);
        let all = (1..=9).map(|byte| (byte, key(byte)));
        let all: Vec<_> =
            all.flat_map(|(byte, key)| [(byte, key.clone().issued_by("a")), (byte, key)]).collect();
        let byte =
            |held: Arc<KnownKey>| all.iter().find(|(_, key)| key.is_same(&held.key)).unwrap().0;
        keys.find(kid, now).into_iter().map(byte).collect()
    }

    #[test]
    fn a_key_is_found_by_its_kid_alone() {
        let keys = Keys::new();
        assert!(found(&keys, None, 0).is_empty());
        keys.add("one", key(1));
        keys.add("two", key(2));
        assert_eq!(found(&keys, Some("one"), 0), [1]);
        assert_eq!(found(&keys, Some("two"), 0), [2]);
        assert!(found(&keys, Some("three"), 0).is_empty());
        assert!(found(&keys, Some(""), 0).is_empty());
        assert!(found(&keys, None, 0).is_empty());
    }

    #[test]
    fn a_key_without_kid_is_for_all_that_no_other_is_for() {
        let keys = Keys::from(key(1));
        keys.add("two", key(2));
        assert_eq!(found(&keys, None, 0), [1]);
        assert_eq!(found(&keys, Some("other"), 0), [1]);
        assert_eq!(found(&keys, Some("two"), 0), [2]);
    }

    #[test]
    fn a_rotation_ends_the_keys_before_it_after_the_overlap() {
        let keys = Keys::new();
        keys.add("one", key(1));
        let lease = keys.find(Some("one"), clock::wall())[0].lease();
        assert_eq!(lease.until(), None);
        keys.rotate("two", key(2), Duration::from_secs(60));
        assert!(lease.until().is_some());
        assert_eq!(found(&keys, Some("one"), 0), [1]);
        assert_eq!(found(&keys, Some("two"), 0), [2]);
        assert_eq!(found(&keys, Some("two"), 1_000_000), [2]);
        assert!(found(&keys, Some("one"), 61).is_empty());

        // The same again changes nothing, and another rotation does not put the end off.
        let until = lease.until();
        keys.rotate("two", key(2), Duration::from_secs(600));
        keys.rotate("three", key(3), Duration::from_secs(600));
        assert_eq!(lease.until(), until);
        assert_eq!(found(&keys, Some("two"), 599), [2]);
        assert!(found(&keys, Some("two"), 601).is_empty());
        keys.rotate("three", key(4), Duration::MAX);
        assert_eq!(found(&keys, Some("three"), 1_000_000), [4, 3]);
        keys.rotate("five", key(5), Duration::ZERO);
        assert!(found(&keys, Some("three"), 0).is_empty());
        assert_eq!(keys.0.read().unwrap().len(), 1);
    }

    #[test]
    fn a_rotation_leaves_the_keys_of_other_issuers() {
        let keys = Keys::new();
        keys.add("one", key(1));
        keys.add("one", key(2).issued_by("a"));
        assert_eq!(found(&keys, Some("one"), 0), [2, 1]);
        keys.rotate("two", key(3).issued_by("a"), Duration::ZERO);
        assert_eq!(found(&keys, Some("one"), 0), [1]);
    }

    #[test]
    fn what_is_replaced_or_removed_ends_at_once() {
        let keys = Keys::new();
        let lease = |kid| keys.find(Some(kid), clock::wall())[0].lease();
        keys.add("one", key(1));
        let (first, handle) = (lease("one"), keys.clone());
        handle.add("one", key(1));
        assert_eq!(first.until(), None);
        handle.add("one", key(2));
        assert!(first.until().is_some_and(|until| until <= clock::wall()));
        assert_eq!(found(&keys, Some("one"), 0), [2]);
        let second = lease("one");
        keys.remove("one");
        assert!(second.until().is_some());
        assert!(found(&keys, Some("one"), 0).is_empty());
    }

    #[test]
    fn what_is_set_again_goes_on() {
        let keys = Keys::from(key(9));
        let unnamed = keys.find(None, clock::wall())[0].lease();
        keys.set([("one", key(1)), ("two", key(2))]);
        assert!(unnamed.until().is_some());
        let lease = |kid| keys.find(Some(kid), clock::wall())[0].lease();
        let (one, two) = (lease("one"), lease("two"));
        keys.set([("two", key(2)), ("three", key(3)), ("three", key(3))]);
        assert!(one.until().is_some());
        assert_eq!(two.until(), None);
        assert_eq!(found(&keys, Some("three"), 0), [3]);
        assert!(found(&keys, Some("one"), 0).is_empty());
    }

    #[test]
    fn what_keys_are_made_of_is_not_shown() {
        let keys = Keys::from(Key::hs256("very secret, and of 32 bytes at least").unwrap());
        let shown = format!("{keys:?}");
        assert!(shown.contains("Hs256"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("118"), "{shown}");
    }
}

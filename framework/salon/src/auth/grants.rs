//! The grants that one session has been given.
//!
//! It must never answer with a grant whose end has come, and never keep more than its limit.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::SystemTime,
};

use bytestring::ByteString;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::{
    Grant,
    grant::Granted,
    right::{Lost, Right},
};

/// What a session may do, by room; what it may do outside of rooms is under the empty name, which
/// no room has.
#[derive(Default)]
pub(crate) struct Grants(Mutex<Option<Box<Kept>>>);

/// Most sessions have no grant, and pay for the pointer alone.
#[derive(Default)]
struct Kept {
    /// Clients choose the names. They cannot see which meet by this hash, and there is a limit to them.
    rooms: HashMap<ByteString, SmallVec<[NumberedGrant; 1]>, foldhash::quality::RandomState>,
    count: usize,
    given: u64,
    /// The rights on which something rests, and some on which nothing does any more.
    used: Vec<Weak<Right>>,
}

struct NumberedGrant {
    granted: Granted,
    /// The grants of a session are numbered; the lowest is the oldest.
    number: u64,
}

impl Grants {
    /// The grant of that permission in that room, if there is one that holds.
    pub(crate) fn find(
        &self,
        permission: &str,
        room: Option<&str>,
        now: impl FnOnce() -> SystemTime,
    ) -> Option<Grant> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_mut()?;
        let entries = kept.rooms.get(room.unwrap_or_default())?;
        let found = entries.iter().find(|entry| entry.granted.permission == permission)?;
        let grant = found.granted.grant;
        if grant.holds(now) {
            return Some(grant);
        }
        kept.remove(permission, room.unwrap_or_default());
        None
    }

    /// Keeps a grant, in the place of one of the same permission and room. Beyond `limit` the
    /// oldest goes: it will be asked for again.
    pub(crate) fn keep(&self, granted: Granted, room: Option<&str>, limit: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get_or_insert_default();
        kept.remove(granted.permission, room.unwrap_or_default());
        while kept.count >= limit {
            // A limit of 0 keeps none.
            let Some((permission, room)) = kept.oldest() else { return };
            kept.remove(permission, &room);
        }
        kept.given += 1;
        kept.count += 1;
        let entry = NumberedGrant { granted, number: kept.given };
        kept.rooms.entry(room.unwrap_or_default().into()).or_default().push(entry);
        debug_assert_eq!(
            kept.count,
            kept.rooms.values().map(SmallVec::len).sum::<usize>(),
            "the grants that are counted are those that are kept"
        );
    }

    /// The right on which something is to rest from now on, by that grant. If it is a new one,
    /// what tells of its loss.
    pub(crate) fn rest_on(
        &self,
        granted: Granted,
        room: Option<&str>,
    ) -> (Arc<Right>, Option<oneshot::Receiver<Lost>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = &mut kept.get_or_insert_default().used;
        used.retain(|right| right.strong_count() > 0);
        let mut rights = used.iter().filter_map(Weak::upgrade);
        let found = rights
            .find(|right| right.is_of(granted.permission, room) && right.renew(granted.grant));
        if let Some(right) = found {
            return (right, None);
        }
        let (right, telling) = Right::new(granted, room);
        used.push(Arc::downgrade(&right));
        (right, Some(telling))
    }

    /// The rights on which something rests.
    pub(crate) fn in_use(&self) -> Vec<Arc<Right>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = kept.iter().flat_map(|kept| kept.used.iter().filter_map(Weak::upgrade));
        used.filter(|right| right.lost().is_none()).collect()
    }

    /// Forgets all grants; what rests on a right does so still.
    pub(crate) fn clear(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = kept.take().filter(|kept| !kept.used.is_empty()).map(|mut kept| {
            (kept.rooms, kept.count) = (HashMap::default(), 0);
            kept
        });
    }

    /// Forgets what was granted by a permission, in whatever room.
    pub(crate) fn forget_permission(&self, permission: &str) {
        if let Some(kept) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            for room in kept.rooms.keys().cloned().collect::<Vec<_>>() {
                kept.remove(permission, &room);
            }
        }
    }

    /// Forgets all grants in a room.
    pub(crate) fn forget(&self, room: &str) {
        if let Some(kept) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(entries) = kept.rooms.remove(room)
        {
            kept.count -= entries.len();
        }
    }
}

impl Kept {
    fn remove(&mut self, permission: &str, room: &str) {
        let Some(entries) = self.rooms.get_mut(room) else { return };
        let before = entries.len();
        entries.retain(|entry| entry.granted.permission != permission);
        self.count -= before - entries.len();
        if entries.is_empty() {
            self.rooms.remove(room);
        }
    }

    /// The oldest grant, found by looking at all: it is wanted only where an authority was asked
    /// and the limit is reached.
    fn oldest(&self) -> Option<(&'static str, ByteString)> {
        let all = self.rooms.iter().flat_map(|(room, entries)| {
            entries.iter().map(move |entry| (entry.number, entry.granted.permission, room))
        });
        let (_, permission, room) = all.min_by_key(|(number, ..)| *number)?;
        Some((permission, room.clone()))
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = kept.as_ref().map_or(0, |kept| kept.count);
        f.debug_struct("Grants").field("count", &count).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        START + Duration::from_secs(seconds)
    }

    fn standing(permission: &'static str) -> Granted {
        Granted { permission, grant: Grant::standing() }
    }

    fn has(grants: &Grants, permission: &str, room: Option<&str>) -> bool {
        grants.find(permission, room, || START).is_some()
    }

    #[test]
    fn a_right_is_found_while_something_rests_on_it_and_kept_no_longer() {
        let grants = Grants::default();
        let (list, telling) = grants.rest_on(standing("list"), None);
        assert!(telling.is_some());
        for number in 0..8 {
            let (play, _) = grants.rest_on(standing("play"), Some("table:1"));
            let (again, told) = grants.rest_on(standing("play"), Some("table:1"));
            assert!(Arc::ptr_eq(&play, &again) && told.is_none(), "one right, and told of once");
            let (elsewhere, _) = grants.rest_on(standing("play"), Some("table:2"));
            assert!(!Arc::ptr_eq(&play, &elsewhere) && !Arc::ptr_eq(&play, &list));
            assert_eq!(grants.in_use().len(), 3, "in round {number}");
            let kept = grants.0.lock().unwrap();
            assert_eq!(kept.as_ref().map(|kept| kept.used.len()), Some(3), "in round {number}");
        }
        assert_eq!(grants.in_use().len(), 1);
    }

    #[test]
    fn a_grant_is_of_one_permission_in_one_room_or_in_none() {
        let grants = Grants::default();
        grants.keep(standing("play"), Some("table:1"), 8);
        grants.keep(standing("list"), None, 8);
        assert!(has(&grants, "play", Some("table:1")));
        assert!(has(&grants, "list", None));
        assert!(!has(&grants, "play", None));
        assert!(!has(&grants, "play", Some("table:2")));
        assert!(!has(&grants, "list", Some("table:1")));
    }

    #[test]
    fn a_grant_ends_at_its_end_and_not_before() {
        let grants = Grants::default();
        let until = Granted { permission: "play", grant: Grant::until(at(10)) };
        grants.keep(until, None, 8);
        assert!(grants.find("play", None, || at(9)).is_some());
        assert!(grants.find("play", None, || at(10)).is_none());
        assert!(grants.find("play", None, || at(9)).is_none(), "what has ended is gone");
    }

    #[test]
    fn the_clock_is_not_read_for_a_standing_grant() {
        let grants = Grants::default();
        grants.keep(standing("play"), None, 8);
        assert!(grants.find("play", None, || panic!("the clock was read")).is_some());
    }

    #[test]
    fn a_newer_grant_takes_the_place_of_the_older() {
        let grants = Grants::default();
        for end in [10, 20] {
            let grant = Grant::until(at(end));
            grants.keep(Granted { permission: "play", grant }, Some("table:1"), 1);
        }
        let found = grants.find("play", Some("table:1"), || START);
        assert_eq!(found, Some(Grant::until(at(20))));
    }

    #[test]
    fn beyond_the_limit_the_oldest_goes() {
        let grants = Grants::default();
        for room in ["table:1", "table:2", "table:3"] {
            grants.keep(standing("play"), Some(room), 2);
        }
        assert!(!has(&grants, "play", Some("table:1")));
        assert!(has(&grants, "play", Some("table:2")) && has(&grants, "play", Some("table:3")));
        grants.keep(standing("play"), Some("table:2"), 2);
        grants.keep(standing("play"), None, 2);
        assert!(has(&grants, "play", Some("table:2")), "given anew, it is not the oldest");
        assert!(!has(&grants, "play", Some("table:3")));
        grants.keep(standing("play"), Some("table:4"), 0);
        assert!(!has(&grants, "play", Some("table:4")), "a limit of 0 keeps none");
    }

    #[test]
    fn what_is_left_is_forgotten_and_gives_its_place_back() {
        let grants = Grants::default();
        grants.keep(standing("play"), Some("table:1"), 3);
        grants.keep(standing("deal"), Some("table:1"), 3);
        grants.keep(standing("play"), Some("table:2"), 3);
        grants.forget("table:1");
        grants.forget("table:9");
        assert!(!has(&grants, "play", Some("table:1")) && !has(&grants, "deal", Some("table:1")));
        grants.keep(standing("play"), Some("table:3"), 3);
        grants.keep(standing("play"), Some("table:4"), 3);
        assert!(has(&grants, "play", Some("table:2")), "two places were free");
    }
}

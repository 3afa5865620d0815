//! What a client says when it connects that it has seen of its rooms.
//!
//! It must never be believed: a position grants nothing, and each room decides by its own order.

use std::{
    collections::HashMap,
    sync::{
        PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    base::sync::{Mutex, MutexGuard},
    message::Seen,
};

/// The last that it has seen of each room, until it joins that.
#[derive(Default)]
pub(crate) struct Claims {
    /// How many of them it has not begun to join: asked with every event, and mostly none. Its connection
    /// alone asks, and changes it.
    awaited: AtomicUsize,
    /// Boxed: most sessions have said nothing.
    rooms: Mutex<Option<Box<Claimed>>>,
}

/// By the names of the rooms.
struct Claimed(HashMap<String, Claim>);

/// What it says of one room.
struct Claim {
    seen: Seen,
    /// Whether nothing has gone to the room yet by which it joins.
    is_awaited: bool,
}

/// `{ "salon": { "after": { "chat:lounge": { "epoch": …, "seq": … } } } }`, among what is the
/// application's.
#[derive(Deserialize)]
struct Auth {
    salon: Option<Ours>,
}

#[derive(Deserialize)]
struct Ours {
    after: Option<HashMap<String, Said>>,
}

/// What it says of one room. What is no position counts for nothing, and costs the others nothing.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Seen(Seen),
    Else(IgnoredAny),
}

impl Said {
    fn seen(self) -> Option<Seen> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Else(_) => None,
        }
    }
}

impl Claims {
    /// What the `auth` of a CONNECT says. What is not of that shape is the application's.
    pub(crate) fn presented(auth: Option<&str>) -> Self {
        let Some(auth) = auth.filter(|auth| auth.contains("\"salon\"")) else {
            return Self::default();
        };
        let Ok(auth) = serde_json::from_str::<Auth>(auth) else {
            tracing::debug!("`salon` in a CONNECT's auth does not say what was seen of rooms");
            return Self::default();
        };
        let said = auth.salon.and_then(|ours| ours.after).unwrap_or_default();
        let claims = said.into_iter().filter_map(|(room, said)| {
            Some((room, Claim { seen: said.seen()?, is_awaited: true }))
        });
        let rooms: HashMap<_, _> = claims.collect();
        let awaited = AtomicUsize::new(rooms.len());
        let rooms = (!rooms.is_empty()).then(|| Box::new(Claimed(rooms)));
        Self { awaited, rooms: Mutex::new(rooms) }
    }

    /// What its client says so once it has the session, if it has not said anything yet: for what it has
    /// joined by then that is too late.
    pub(crate) fn present(&self, auth: &str) {
        let presented = Self::presented(Some(auth));
        let awaited = presented.awaited.load(Ordering::Relaxed);
        let rooms = presented.lock().take();
        let mut mine = self.lock();
        if mine.is_none() {
            *mine = rooms;
            self.awaited.store(awaited, Ordering::Relaxed);
        }
    }

    /// Whether there is a room that it has seen and has not begun to join.
    pub(crate) fn any_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > 0
    }

    /// Whether this is one: what goes there waits for the joining.
    pub(crate) fn awaits(&self, room: &str) -> bool {
        let rooms = self.lock();
        let claim = rooms.as_ref().and_then(|rooms| rooms.0.get(room));
        claim.is_some_and(|claim| claim.is_awaited)
    }

    /// It joins a room, or does not after all: what goes there waits no longer.
    pub(crate) fn await_no_more(&self, room: &str) {
        let mut rooms = self.lock();
        let claim = rooms.as_mut().and_then(|rooms| rooms.0.get_mut(room));
        if claim.is_some_and(|claim| std::mem::take(&mut claim.is_awaited)) {
            self.awaited.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// What it says of a room that it joins: it counts once.
    pub(crate) fn take(&self, room: &str) -> Option<Seen> {
        let mut rooms = self.lock();
        let claim = rooms.as_mut()?.0.remove(room)?;
        if claim.is_awaited {
            self.awaited.fetch_sub(1, Ordering::Relaxed);
        }
        if rooms.as_ref().is_some_and(|rooms| rooms.0.is_empty()) {
            *rooms = None;
        }
        Some(claim.seen)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Claimed>>> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTH: &str =
        r#"{"token":"t","salon":{"after":{"chat:a":{"epoch":"b7a01f93c2","seq":12}},"x":1}}"#;

    #[test]
    fn a_claim_counts_once_for_its_room_and_what_is_no_claim_is_the_applications() {
        let claims = Claims::presented(Some(AUTH));
        assert_eq!(claims.take("chat:b"), None);
        assert_eq!(claims.take("chat:a").map(|seen| seen.seq), Some(12));
        assert_eq!(claims.take("chat:a"), None);
        for other in [r#"{"salon":"Figaro"}"#, r#"{"salon":{"after":[]}}"#, r#"{"salon":"#, "{}"] {
            let claims = Claims::presented(Some(other));
            assert!(!claims.any_awaited() && claims.take("chat:a").is_none(), "{other}");
        }
    }

    #[test]
    fn what_is_no_position_of_one_room_takes_none_from_the_others() {
        for odd in ["null", "7", "{}", r#"{"epoch":"b7a01f93c2","seq":-1}"#, r#"{"seq":[{}]}"#] {
            let after =
                format!(r#"{{"chat:odd":{odd},"chat:a":{{"epoch":"b7a01f93c2","seq":12}}}}"#);
            let claims = Claims::presented(Some(&format!(r#"{{"salon":{{"after":{after}}}}}"#)));
            assert_eq!(claims.take("chat:odd"), None, "{odd}");
            assert_eq!(claims.take("chat:a").map(|seen| seen.seq), Some(12), "{odd}");
            assert!(!claims.any_awaited(), "{odd}");
        }
    }

    #[test]
    fn a_room_is_awaited_until_it_is_joined() {
        for joined in [false, true] {
            let claims = Claims::presented(Some(AUTH));
            assert!(claims.awaits("chat:a") && !claims.awaits("chat:b"));
            match joined {
                true => drop(claims.take("chat:a")),
                false => claims.await_no_more("chat:a"),
            }
            assert!(!claims.awaits("chat:a") && !claims.any_awaited());
            assert_eq!(claims.take("chat:a").is_none(), joined);
            assert!(!claims.any_awaited());
        }
    }
}

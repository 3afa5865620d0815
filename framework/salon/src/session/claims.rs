//! What a client says when it connects that it has seen of its rooms.
//!
//! It must never be believed: a position grants nothing, and each room decides by its own order.

use std::{collections::HashMap, sync::PoisonError};

use serde::Deserialize;

use crate::{base::sync::Mutex, message::Seen};

/// The last that it has seen of each room, by the room's name; of each until it joins.
#[derive(Default)]
pub(crate) struct Claims(Mutex<Option<Box<ByRoom>>>);

type ByRoom = HashMap<String, Seen>;

/// `{ "salon": { "after": { "chat:lounge": { "epoch": …, "seq": … } } } }`, among what is the
/// application's.
#[derive(Deserialize)]
struct Auth {
    salon: Option<Ours>,
}

#[derive(Deserialize)]
struct Ours {
    after: Option<ByRoom>,
}

impl Claims {
    /// What the `auth` of a CONNECT says. What is not of that shape is the application's.
    pub(crate) fn presented(auth: Option<&str>) -> Self {
        let Some(auth) = auth.filter(|auth| auth.contains("\"salon\"")) else {
            return Self::default();
        };
        let claimed = match serde_json::from_str::<Auth>(auth) {
            Ok(auth) => auth.salon.and_then(|ours| ours.after),
            Err(_) => {
                tracing::debug!(
                    "`salon` in a CONNECT's auth is not of the shape that says what was seen"
                );
                None
            }
        };
        Self(Mutex::new(claimed.filter(|rooms| !rooms.is_empty()).map(Box::new)))
    }

    /// What it says of a room that it joins: it counts once.
    pub(crate) fn take(&self, room: &str) -> Option<Seen> {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rooms = claimed.as_mut()?;
        let seen = rooms.remove(room);
        if rooms.is_empty() {
            *claimed = None;
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_counts_once_for_its_room_and_what_is_no_claim_is_the_applications() {
        let auth =
            r#"{"token":"t","salon":{"after":{"chat:a":{"epoch":"b7a01f93c2","seq":12}},"x":1}}"#;
        let claims = Claims::presented(Some(auth));
        assert_eq!(claims.take("chat:b"), None);
        assert_eq!(claims.take("chat:a").map(|seen| seen.seq), Some(12));
        assert_eq!(claims.take("chat:a"), None);
        for other in [r#"{"salon":"Figaro"}"#, r#"{"salon":{"after":[]}}"#, r#"{"salon":"#, "{}"] {
            assert_eq!(Claims::presented(Some(other)).take("chat:a"), None, "{other}");
        }
    }
}

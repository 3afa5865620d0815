//! What a client may do, as patterns out of its token.
//!
//! It must never let a part that a client chooses, the key of a room, widen what a pattern grants.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

/// One whole segment, or the whole key of a room.
const ANY: &str = "*";
/// Every permission, as the last segment.
const ANY_REST: &str = "**";

/// A set of permission patterns.
///
/// A permission has a name, such as `play`, and is asked for in a room, such as `lobby:7`, or
/// without one. A pattern is a list of segments with `:` between them:
///
/// | pattern | grants |
/// |---|---|
/// | `create` | `create`, where no room is concerned |
/// | `billing:read`, `billing:*` | a name of two segments, where no room is concerned |
/// | `lobby:7:play` | `play` in the room `lobby:7` |
/// | `lobby:*:play` | `play` in every room of the kind `lobby`, whatever its key |
/// | `lobby:7:*`, `lobby:7:**` | everything in the room `lobby:7` |
/// | `lobby:**` | everything in every room of the kind `lobby` |
/// | `*:*:play` | `play` in every room of every kind |
/// | `**` | everything, in rooms and without |
///
/// `*` stands for exactly one whole segment; `lob*` is a name with an asterisk in it. `**` stands
/// for all segments from there on, one at least, and is the last.
///
/// The key of a room is chosen by clients, and may have `:` in it. So a pattern for rooms is read
/// from both ends: its first segment is the kind, its last the name of the permission, and all
/// between the two is the key, which is compared as one text, or is one `*` for any key.
/// `lobby:7:*` does not reach the room `lobby:7:8`, and `lobby:7:*:play` reaches none. For the same
/// reason a permission that is asked for in a room has a name of one segment: one with `:` is held
/// by nobody.
///
/// A kind whose `NAME` has a `:` counts as the kind before it, with the rest in the key.
///
/// In a token it is a list of texts, or one text with spaces between the patterns, as the `scope`
/// of OAuth 2 (RFC 8693, section 4.2).
///
/// ```
/// use salon::auth::Permissions;
///
/// let held: Permissions = "create lobby:*:play".parse()?;
/// assert!(held.allows("create", None));
/// assert!(held.allows("play", Some("lobby:7")));
/// assert!(!held.allows("kick", Some("lobby:7")));
/// assert!(!held.allows("play", Some("arena:7")));
/// assert!(!held.allows("play", None));
/// # Ok::<(), salon::auth::PermissionsError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Permissions(Arc<[Box<str>]>);

impl Permissions {
    /// Patterns that one set may have.
    pub const MAX_PATTERNS: usize = 256;
    /// Bytes that one pattern may have.
    pub const MAX_PATTERN_BYTES: usize = 256;

    /// No permission.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A set of patterns.
    ///
    /// # Errors
    /// A [`PermissionsError`] if there are too many, or one is malformed.
    pub fn new<P: AsRef<str>>(
        patterns: impl IntoIterator<Item = P>,
    ) -> Result<Self, PermissionsError> {
        let mut checked = Vec::new();
        for pattern in patterns {
            if checked.len() >= Self::MAX_PATTERNS {
                return Err(PermissionsError::TooMany);
            }
            checked.push(check(pattern.as_ref())?.into());
        }
        Ok(Self(checked.into()))
    }

    /// Whether the permission of that name is held, in a room called `kind:key` or without one.
    #[must_use]
    pub fn allows(&self, permission: &str, room: Option<&str>) -> bool {
        if permission.is_empty() {
            return false;
        }
        let Some(room) = room else {
            return self.iter().any(|pattern| grants(pattern, permission));
        };
        // A room without a key, if there is such a thing, has an empty one.
        let (kind, key) = room.split_once(':').unwrap_or((room, ""));
        let one_segment = !permission.contains(':');
        one_segment && self.iter().any(|pattern| grants_in_room(pattern, permission, kind, key))
    }

    /// The patterns.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check(pattern: &str) -> Result<&str, PermissionsError> {
    if pattern.len() > Permissions::MAX_PATTERN_BYTES {
        return Err(PermissionsError::TooLong { found: pattern.len() });
    }
    if pattern.split(':').any(str::is_empty) {
        return Err(PermissionsError::EmptySegment);
    }
    if pattern.rsplit(':').skip(1).any(|segment| segment == ANY_REST) {
        return Err(PermissionsError::RestInside);
    }
    Ok(pattern)
}

/// Whether a pattern grants a permission where no room is concerned.
fn grants(pattern: &str, permission: &str) -> bool {
    let (mut wanted, mut asked) = (pattern.split(':'), permission.split(':'));
    loop {
        match (wanted.next(), asked.next()) {
            (None, None) => return true,
            (Some(ANY_REST), Some(_)) => return true,
            (Some(wanted), Some(asked)) if is_match(wanted, asked) => {}
            _ => return false,
        }
    }
}

fn grants_in_room(pattern: &str, permission: &str, kind: &str, key: &str) -> bool {
    let Some((rest, name)) = pattern.rsplit_once(':') else { return pattern == ANY_REST };
    if name != ANY_REST && !is_match(name, permission) {
        return false;
    }
    match rest.split_once(':') {
        Some((wanted, ANY)) => is_match(wanted, kind),
        Some((wanted, keys)) => {
            is_match(wanted, kind) && keys == key && !keys.split(':').any(|part| part == ANY)
        }
        // Of a pattern of two segments only `kind:**` is about rooms.
        None => name == ANY_REST && is_match(rest, kind),
    }
}

fn is_match(wanted: &str, asked: &str) -> bool {
    wanted == ANY || wanted == asked
}

/// Why a set of permissions is refused. It does not show the pattern, which comes out of a token.
///
/// ```
/// use salon::auth::{Permissions, PermissionsError};
///
/// assert_eq!("lobby:**:play".parse::<Permissions>(), Err(PermissionsError::RestInside));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionsError {
    /// More patterns than [`Permissions::MAX_PATTERNS`].
    #[error(
        "more than {} permissions; say it with wildcards, such as lobby:*:play",
        Permissions::MAX_PATTERNS
    )]
    TooMany,
    /// A pattern of more bytes than [`Permissions::MAX_PATTERN_BYTES`].
    #[error(
        "a permission of {found} bytes; at most {} are allowed",
        Permissions::MAX_PATTERN_BYTES
    )]
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// A pattern begins or ends with `:`, has two in a row, or is empty.
    #[error("a permission has an empty segment; write it as kind:key:name or name")]
    EmptySegment,
    /// `**` is not the last segment.
    #[error("a permission has ** before its end; only the last segment may be **")]
    RestInside,
}

impl FromStr for Permissions {
    type Err = PermissionsError;

    /// Reads patterns with spaces between them; none out of an empty text.
    fn from_str(patterns: &str) -> Result<Self, PermissionsError> {
        Self::new(patterns.split(' ').filter(|pattern| !pattern.is_empty()))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Patterns;

        impl<'de> Visitor<'de> for Patterns {
            type Value = Permissions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("permissions: a list of texts, or one text with spaces in between")
            }

            fn visit_str<E: Error>(self, patterns: &str) -> Result<Permissions, E> {
                patterns.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Permissions, A::Error> {
                let mut patterns = Vec::new();
                while let Some(pattern) = list.next_element::<String>()? {
                    // One more than allowed is enough to refuse them.
                    if patterns.len() > Permissions::MAX_PATTERNS {
                        break;
                    }
                    patterns.push(pattern);
                }
                Permissions::new(patterns).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(Patterns)
    }
}

/// How many there are, not which.
impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn allows(pattern: &str, permission: &str, room: Option<&str>) -> bool {
        Permissions::new([pattern]).unwrap().allows(permission, room)
    }

    #[test]
    fn a_table_of_what_is_granted() {
        for (pattern, permission, room, granted) in [
            ("play", "play", None, true),
            ("play", "Play", None, false),
            ("play", "play:x", None, false),
            ("play", "play", Some("lobby:7"), false),
            ("play", "", None, false),
            ("*", "play", None, true),
            ("*", "play", Some("lobby:7"), false),
            ("*", "billing:read", None, false),
            ("billing:*", "billing:read", None, true),
            ("billing:**", "billing:read:all", None, true),
            ("billing:**", "billing", None, false),
            ("lobby:7:play", "play", Some("lobby:7"), true),
            ("lobby:7:play", "play", Some("lobby:77"), false),
            ("lobby:7:play", "play", None, false),
            ("lobby:7:*", "kick", Some("lobby:7"), true),
            ("lobby:7:**", "kick", Some("lobby:7"), true),
            ("lobby:*:play", "play", Some("lobby:7"), true),
            ("lobby:*:play", "kick", Some("lobby:7"), false),
            ("lobby:*:play", "play", Some("arena:7"), false),
            ("lobby:*:play", "play", Some("lobby2:7"), false),
            ("lobby:*:*", "play", Some("lobby:7"), true),
            ("lobby:**", "play", Some("lobby:7"), true),
            ("lobby:**", "play", Some("arena:7"), false),
            ("lobby:*", "play", Some("lobby:7"), false),
            ("lobby:play", "play", Some("lobby:7"), false),
            ("*:*:play", "play", Some("lobby:7"), true),
            ("*:*:play", "kick", Some("lobby:7"), false),
            ("*:**", "kick", Some("lobby:7"), true),
            ("**", "kick", Some("lobby:7"), true),
            ("**", "billing:read", None, true),
            ("lob*:7:play", "play", Some("lobby:7"), false),
            // Keys with a colon, which a client may choose.
            ("lobby:*:play", "play", Some("lobby:7:kick"), true),
            ("lobby:7:8:play", "play", Some("lobby:7:8"), true),
            ("lobby:7:*", "play", Some("lobby:7:8"), false),
            ("lobby:7:**", "play", Some("lobby:7:8"), false),
            ("lobby:7:*:play", "play", Some("lobby:7:8"), false),
            ("lobby:7:*:play", "play", Some("lobby:7:*"), false),
            ("lobby:7:play", "play", Some("lobby:7:play"), false),
            ("lobby:7:chat:write", "chat:write", Some("lobby:7"), false),
            ("lobby:*:play", "play", Some("lobby:*"), true),
            ("lobby:7:play", "play", Some("lobby:*"), false),
            ("lobby:7:play", "*", Some("lobby:7"), false),
            ("lobby:7:play", "**", Some("lobby:7"), false),
            ("lobby:*:play", "play", Some("lobby:"), true),
            ("lobby:*:play", "play", Some("lobby"), true),
        ] {
            let found = allows(pattern, permission, room);
            assert_eq!(found, granted, "{pattern} for {permission} in {room:?}");
        }
        assert!(!Permissions::none().allows("play", None));
    }

    #[test]
    fn patterns_that_cannot_be_meant_are_refused() {
        for pattern in ["", ":", "lobby:", ":play", "lobby::play"] {
            assert_eq!(Permissions::new([pattern]), Err(PermissionsError::EmptySegment));
        }
        for pattern in ["**:play", "lobby:**:play", "**:**"] {
            assert_eq!(Permissions::new([pattern]), Err(PermissionsError::RestInside));
        }
    }

    #[test]
    fn their_number_and_their_length_have_a_limit() {
        let many = |count| vec!["play"; count];
        assert!(Permissions::new(many(256)).is_ok());
        assert_eq!(Permissions::new(many(257)), Err(PermissionsError::TooMany));
        assert_eq!(many(257).join(" ").parse::<Permissions>(), Err(PermissionsError::TooMany));
        let refused = serde_json::from_value::<Permissions>(json!(many(10_000))).unwrap_err();
        assert!(refused.to_string().contains("more than 256"), "{refused}");
        assert!(Permissions::new(["x".repeat(256)]).is_ok());
        let long = Permissions::new(["x".repeat(257)]);
        assert_eq!(long, Err(PermissionsError::TooLong { found: 257 }));
    }

    #[test]
    fn they_are_a_list_or_a_text_in_json() {
        let both = Permissions::new(["create", "lobby:*:play"]).unwrap();
        for json in [json!(["create", "lobby:*:play"]), json!(" create  lobby:*:play")] {
            assert_eq!(serde_json::from_value::<Permissions>(json).unwrap(), both);
        }
        assert_eq!(serde_json::to_value(&both).unwrap(), json!(["create", "lobby:*:play"]));
        assert_eq!(serde_json::from_value::<Permissions>(json!("")).unwrap(), Permissions::none());
        for json in [json!(7), json!(null), json!({}), json!([1]), json!(["a", ["b"]])] {
            assert!(serde_json::from_value::<Permissions>(json.clone()).is_err(), "{json}");
        }
    }

    #[test]
    fn which_they_are_is_not_shown() {
        let permissions = Permissions::new(["secret-project:*:play"]).unwrap();
        assert_eq!(format!("{permissions:?}"), "Permissions(1)");
    }

    fn segment() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "b", "*", "lobby"]).prop_map(ToOwned::to_owned)
    }

    fn literal() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "b", "lobby", "*", "**"]).prop_map(ToOwned::to_owned)
    }

    fn segments(most: usize) -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(segment(), 1..=most)
    }

    proptest! {
        #[test]
        fn a_wildcard_is_exactly_one_segment(
            pattern in segments(4),
            asked in prop::collection::vec(literal(), 1..=4),
        ) {
            let same = pattern.len() == asked.len()
                && pattern.iter().zip(&asked).all(|(wanted, asked)| is_match(wanted, asked));
            prop_assert_eq!(allows(&pattern.join(":"), &asked.join(":"), None), same);
        }

        #[test]
        fn a_wildcard_never_reaches_another_kind_or_name(
            pattern in segments(5),
            kind in "[a-c]|lobby",
            key in prop::collection::vec(literal(), 1..=3),
            name in literal(),
        ) {
            let key = key.join(":");
            if allows(&pattern.join(":"), &name, Some(&format!("{kind}:{key}"))) {
                prop_assert!(pattern.len() >= 3);
                prop_assert!(is_match(&pattern[0], &kind));
                prop_assert!(is_match(&pattern[pattern.len() - 1], &name));
                let keys = &pattern[1..pattern.len() - 1];
                // Either one wildcard for the whole key, or the key to the letter.
                let any = keys.len() == 1 && keys[0] == ANY;
                prop_assert!(any || keys.join(":") == key && keys.iter().all(|part| part != ANY));
            }
        }

        #[test]
        fn a_longer_key_never_has_more_than_the_wildcard_for_all_keys_grants(
            key in "[a-z]{1,4}",
            more in prop::collection::vec(literal(), 1..=3),
            name in literal(),
        ) {
            let room = format!("lobby:{key}:{}", more.join(":"));
            for last in ["*", "**", name.as_str()] {
                let pattern = format!("lobby:{key}:{last}");
                if let Ok(held) = Permissions::new([pattern]) {
                    prop_assert!(!held.allows(&name, Some(&room)));
                }
            }
        }
    }
}

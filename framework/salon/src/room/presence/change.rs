//! What members are told of who is there.
//!
//! It must never carry more than the others may see: a user's name and its metas.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::event::{Event, Nowhere, PRESENCE, Policy, Shape};

/// A user in a room.
///
/// ```
/// use salon::PresentUser;
///
/// let user: PresentUser = serde_json::from_str(r#"{"user":"u7","metas":[{"name":"Ada"}]}"#)?;
/// assert_eq!(user.metas.len(), 1, "one connection");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PresentUser<M = Value> {
    /// The subject that the authenticator gave it, or the id of its session if it gave none.
    pub user: String,
    /// What is seen of each of its connections, in the order in which they came. Of one whose
    /// connection was lost and whose grace is not over it is what was seen last.
    pub metas: Vec<M>,
}

impl<M> PresentUser<M> {
    /// A user, with what is seen of each connection.
    #[must_use]
    pub fn new(user: impl Into<String>, metas: Vec<M>) -> Self {
        Self { user: user.into(), metas }
    }
}

/// Who is there at some place in the room's order: the field `presence` of `salon:joined` and of
/// `salon:restarted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PresenceSnapshot {
    /// Everybody, in the order in which they came.
    Users(Vec<PresentUser>),
    /// How many there are, where they are too many to be told by name.
    Count(usize),
}

/// The event `salon:presence`: how who is there has changed.
///
/// ```
/// use salon::PresenceChange;
///
/// let json = r#"{"room":"lobby:7","left":["u7"]}"#;
/// let change: PresenceChange = serde_json::from_str(json)?;
/// assert!(matches!(change, PresenceChange::Users { left, .. } if left == ["u7"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PresenceChange {
    /// There are this many, and who they are is not told any more, until `All` comes.
    Count {
        /// The room's name.
        room: String,
        /// How many users there are.
        count: usize,
    },
    /// Everybody, in place of what was known.
    All {
        /// The room's name.
        room: String,
        /// In the order in which they came.
        users: Vec<PresentUser>,
    },
    /// What has changed.
    Users {
        /// The room's name.
        room: String,
        /// Who was not there before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joined: Vec<PresentUser>,
        /// Of whom something else is seen now, or over more or fewer connections.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        updated: Vec<PresentUser>,
        /// Who is not there any more, by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<String>,
    },
}

impl Event for PresenceChange {
    type Static = Self;
    const NAME: &'static str = PRESENCE;
    const SHAPE: Shape = Shape::Single;
    const POLICY: Policy = Policy::new();
    type Reply = ();
    type Route = Nowhere;
    type Guards = ();
}

impl PresentUser {
    /// How many of a user's connections are seen: more of them are there, and change nothing that
    /// the others are told.
    pub const MOST_METAS: usize = 16;

    /// The same with metas of the room's own type; those that are of another are left out.
    pub(crate) fn typed<M: DeserializeOwned>(self) -> PresentUser<M> {
        let metas = self.metas.into_iter().filter_map(|meta| serde_json::from_value(meta).ok());
        PresentUser { user: self.user, metas: metas.collect() }
    }
}

//! The contract of an app as a document: every event that can be sent or received, with its schemas.
//!
//! It must say nothing that is not so: what no type says is left out, and named among the
//! [warnings](Document::warnings).

mod collect;
mod facts;
mod schemas;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[doc(hidden)]
pub use self::facts::{NamespaceFacts, RoomFacts, SentBy};
pub(crate) use self::schemas::each_reference;
#[doc(hidden)]
pub use crate::event::EventFacts;

/// The version of this form of document.
pub const FORM: u32 = 1;

/// A contract. As JSON it is what `contract json` prints, and what `contract diff` compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// The [form](FORM) of the document.
    pub salon_contract: u32,
    /// Eight hexadecimal digits that change whenever anything else here does but descriptions.
    pub hash: String,
    /// By their names.
    pub namespaces: BTreeMap<String, NamespaceContract>,
    /// JSON Schema, draft 07, by names that `{"$ref":"#/schemas/Name"}` refers to.
    pub schemas: BTreeMap<String, Value>,
    /// What the contract does not say, or a client cannot understand, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What clients of one namespace can send and get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamespaceContract {
    /// Eight hexadecimal digits that change whenever anything else of it does but descriptions. A client
    /// is told them when it connects.
    #[serde(default)]
    pub hash: String,
    /// What clients send, by name.
    pub up: BTreeMap<String, Up>,
    /// What the server sends, by name.
    pub down: BTreeMap<String, Down>,
    /// What the server asks, by name.
    pub ask: BTreeMap<String, Ask>,
    /// The kinds of rooms, by name.
    pub rooms: BTreeMap<String, RoomContract>,
    /// Names that have a handler without types: anything may be sent and answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untyped: Vec<String>,
}

/// How many values an event carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Carries {
    /// Nothing.
    Nothing,
    /// One value.
    #[default]
    One,
    /// Several, of which the schema is that of a list.
    Several,
}

/// What an event carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PayloadContract {
    /// How many values.
    pub carries: Carries,
    /// What they look like, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

/// What acknowledges an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplyContract {
    /// An acknowledgement that carries nothing.
    #[default]
    Nothing,
    /// A value that looks so, if that is known.
    Value(Option<Value>),
}

/// An event that clients send.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Up {
    /// What its documentation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it carries.
    pub payload: PayloadContract,
    /// What acknowledges it.
    pub reply: ReplyContract,
    /// The kind of room that handles it; without one the session does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The field of the payload with the room's key; which of several values it is. Without one the only value is
    /// the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who may send it to a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<SentBy>,
    /// The codes of the app's own with which it is refused, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusals: Option<Vec<String>>,
    /// How often one session may send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateContract>,
    /// Whether its sender has to be known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auth: bool,
    /// The permission that its sender needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The field with the key by which it is handled once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
}

/// How often something may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateContract {
    /// So many,
    pub count: u32,
    /// in so many milliseconds,
    pub per_ms: u64,
    /// and so many at once.
    pub burst: u32,
}

/// An event that the server sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Down {
    /// What its documentation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it carries.
    pub payload: PayloadContract,
    /// The kinds of rooms that send it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// Whether a session sends it for itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session: bool,
    /// What a client that is slow may miss of it.
    pub loss: LossContract,
    /// In how many milliseconds a room sends one of each key at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle_ms: Option<u64>,
    /// In how many milliseconds a client acknowledges it, or is sent it once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked_ms: Option<u64>,
}

/// What a client that is slow may miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossContract {
    /// Nothing.
    #[default]
    Nothing,
    /// What comes while it is not writable.
    Volatile,
    /// All but the newest.
    Latest,
    /// The oldest of more than so many.
    Oldest(u16),
    /// The newest of more than so many.
    Newest(u16),
}

/// What the server asks a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ask {
    /// What its documentation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it carries.
    pub payload: PayloadContract,
    /// What the client answers.
    pub reply: ReplyContract,
}

/// A kind of room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoomContract {
    /// Whether members are told who is there, and what is seen of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceContract>,
    /// What it keeps for who comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryContract>,
    /// Whether that outlives the process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub durable: bool,
}

/// What is seen of a member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PresenceContract {
    /// What it looks like, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

/// What a room keeps of what it has published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistoryContract {
    /// The last so many events.
    pub events: usize,
    /// Of no more bytes than this.
    pub bytes: usize,
    /// Not older than so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
}

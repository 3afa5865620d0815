//! What has changed between two contracts, and whether clients of the old one go on working.
//!
//! It must judge by what clients do that exist: they send what the old contract takes, and read what it
//! promises. What it cannot judge, it calls breaking.

mod both;
mod bounds;
mod comparing;
mod events;
mod fields;
mod lists;
mod parts;
mod policies;
#[cfg(test)]
mod tests;
mod values;
mod variants;

use std::fmt;

use crate::document::Document;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Whether a client of the old contract may fail by it.
    pub breaking: bool,
    /// The event, and which side of it.
    pub at: String,
    /// What is another, and why that breaks a client if it does.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.breaking { "breaking" } else { "harmless" };
        write!(f, "{kind}: {}: {}", self.at, self.what)
    }
}

/// Everything that has changed, but for words; what breaks comes first.
///
/// ```
/// use salon_contract::{document::Document, generate::diff::diff};
///
/// let contract = |fields: &str| {
///     serde_json::from_str::<Document>(&format!(r#"{{
///         "salon_contract": 1, "hash": "", "schemas": {{}},
///         "namespaces": {{ "/": {{ "up": {{}}, "ask": {{}}, "rooms": {{}}, "down": {{
///             "said": {{ "loss": "nothing", "payload": {{ "carries": "one", "schema": {{
///                 "type": "object", "properties": {fields}, "required": ["text"]
///             }} }} }}
///         }} }} }}
///     }}"#))
/// };
/// let old = contract(r#"{ "text": { "type": "string" } }"#)?;
/// let more = contract(r#"{ "text": { "type": "string" }, "by": { "type": "string" } }"#)?;
/// let other = contract(r#"{ "text": { "type": "integer" } }"#)?;
///
/// assert!(diff(&old, &old).is_empty());
/// assert!(diff(&old, &more).iter().all(|change| !change.breaking));
/// assert_eq!(
///     diff(&old, &other)[0].to_string(),
///     "breaking: \"said\", which the server sends: `text` is a whole number now, and was any text"
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn diff(old: &Document, new: &Document) -> Vec<Change> {
    let mut changes = Vec::new();
    events::compare(old, new, &mut changes);
    changes.sort_by(|one, other| {
        let key = |change: &Change| (!change.breaking, change.at.clone());
        key(one).cmp(&key(other))
    });
    changes
}

/// Who reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// The server: clients that exist send what they did.
    Server,
    /// Clients: those that exist read what they were promised.
    Clients,
}

/// Where what a value may be has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It may be less than before.
    Narrower,
    /// It may be more than before.
    Wider,
    /// It is another.
    Other,
}

impl Course {
    /// Whether that is a mistake to a reader that takes what was, or to one that sends it.
    fn breaks(self, reader: Reader) -> bool {
        match self {
            Self::Narrower => reader == Reader::Server,
            Self::Wider => reader == Reader::Clients,
            Self::Other => true,
        }
    }
}

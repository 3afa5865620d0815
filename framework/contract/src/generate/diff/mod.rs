//! What has changed between two contracts, and whether clients of the old one go on working.
//!
//! It must judge by what clients do that exist: they send what the old contract takes, and read what it
//! promises. What it cannot judge, it calls breaking.

mod bounds;
mod change;
mod events;
mod fields;
mod lists;
mod objects;
mod policies;
mod said;
#[cfg(test)]
mod tests;
mod values;
mod variants;

pub use self::change::Change;
use crate::document::Document;

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

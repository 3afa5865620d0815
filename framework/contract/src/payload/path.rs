//! Where in a value a mistake is, for people and programs that have to mend it.
//!
//! It must never be used before decoding has failed: it decodes once more, and slower.

use serde::{Deserializer, de::DeserializeOwned};

/// The path of the value as a whole.
pub(super) const WHOLE: &str = ".";

/// Characters of a path; a client chooses the keys in it, and gets them back.
const LONGEST: usize = 256;

/// The path of the first mistake, as `seats[2].name`; `None` if there is none.
///
/// It begins at the value, which itself is `.`. A field that is missing has the path that it would
/// have.
pub(super) fn of_mistake<'de, T, D>(deserializer: D) -> Option<String>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
    D::Error: std::fmt::Display,
{
    let error = serde_path_to_error::deserialize::<D, T>(deserializer).err()?;
    let mut path = error.path().to_string();
    // What serde's derive says of a field that is not there; the path ends at its struct.
    let message = error.inner().to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    if let Some((field, _)) = missing {
        path = if path == WHOLE { field.to_owned() } else { format!("{path}.{field}") };
    }
    if let Some((end, _)) = path.char_indices().nth(LONGEST) {
        path.truncate(end);
        path.push('…');
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use crate::payload::{Binary, Payload};

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only that they are there is asked")]
    struct Lobby {
        seats: Vec<Seat>,
        #[serde(default)]
        tags: HashMap<String, u8>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only that it is there is asked")]
    struct Seat {
        name: String,
        picture: Option<Binary>,
    }

    fn arguments(json: impl Into<String>) -> Payload {
        Payload::from_parts(json.into().into(), Vec::new())
    }

    #[track_caller]
    fn single(json: &str, path: Option<&str>) {
        assert_eq!(arguments(json).path_in_single::<Lobby>().as_deref(), path, "{json}");
    }

    #[test]
    fn a_path_leads_to_the_field_that_is_wrong() {
        single(r#"{"seats":[]}"#, None);
        single(r#"{"seats":[{"name":"a"},{"name":5}]}"#, Some("seats[1].name"));
        single(r#"{"seats":7}"#, Some("seats"));
        single(r#"{"seats":[],"tags":{"a":1,"b":300}}"#, Some("tags.b"));
        single(r#"{"seats":[{"name":"a","picture":"no"}]}"#, Some("seats[0].picture"));
    }

    #[test]
    fn a_missing_field_has_the_path_that_it_would_have() {
        single("{}", Some("seats"));
        single(r#"{"seats":[{}]}"#, Some("seats[0].name"));
    }

    #[test]
    fn the_whole_argument_is_a_dot() {
        single("7", Some("."));
        single("", Some("."));
    }

    #[test]
    fn the_path_in_several_arguments_begins_with_the_index() {
        let path = |json: &str| arguments(json).path_in_positional::<(u8, Seat)>();
        assert_eq!(path(r#"1,{"name":"a"}"#), None);
        assert_eq!(path("300").as_deref(), Some("[0]"));
        assert_eq!(path(r#"1,{"name":false}"#).as_deref(), Some("[1].name"));
        assert_eq!(path("1,{}").as_deref(), Some("[1].name"));
        assert_eq!(path("1").as_deref(), Some("[1]"));
    }

    #[test]
    fn a_path_that_a_client_chose_is_cut() {
        let json = format!(r#"{{"seats":[],"tags":{{"{}":300}}}}"#, "é".repeat(9_000));
        let path = arguments(json).path_in_single::<Lobby>().expect("a mistake");
        assert_eq!(path.chars().count(), 257);
        assert!(path.starts_with("tags.é") && path.ends_with('…'), "{path}");
    }
}

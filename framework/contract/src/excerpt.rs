//! What stands in an error of what a client sent: a short piece of an event's arguments, and of
//! anything else only what it is.
//!
//! It must never carry a whole payload: errors are logged, and payloads hold secrets. What is no
//! packet may be credentials in the wrong place.

/// Characters that an error shows of the input it is about.
const SHOWN: usize = 32;

/// The first 32 characters of `text`, and an ellipsis if there are more.
#[must_use]
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What `text` is by its first character, and how long: nothing of it.
#[must_use]
pub fn shape(text: &str) -> String {
    let kind = match text.trim_start().bytes().next() {
        None => return "nothing".to_owned(),
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => "a text",
    };
    format!("{kind} of {} bytes", text.len())
}

#[cfg(test)]
mod tests {
    use super::{excerpt, shape};

    #[test]
    fn a_shape_has_nothing_of_the_text() {
        assert_eq!(shape(""), "nothing");
        assert_eq!(shape(r#"{"token":"secret"}"#), "an object of 18 bytes");
        assert_eq!(shape("secret"), "a text of 6 bytes");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(40)), format!("{}…", "é".repeat(32)));
    }
}

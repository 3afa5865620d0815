//! A piece of what a client sent, short enough to stand in an error.
//!
//! It must never carry a whole payload: errors are logged, and payloads hold secrets.

/// Characters that an error shows of the input it is about.
const SHOWN: usize = 32;

/// The first 32 characters of `text`, and an ellipsis if there are more.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(40)), format!("{}…", "é".repeat(32)));
    }
}

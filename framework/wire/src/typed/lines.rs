//! The frames of one message, one on each line.
//!
//! It must never copy: each is a window into the message.

use bytestring::ByteString;

/// What is left of a message.
///
/// ```
/// use salon_wire::typed::Lines;
///
/// let lines = Lines::new("[\"a\"]\n\n[\"b\",1]\r\n".into());
/// assert_eq!(lines.collect::<Vec<_>>(), ["[\"a\"]", "[\"b\",1]"]);
/// ```
#[derive(Clone, Debug)]
pub struct Lines {
    rest: ByteString,
}

impl Lines {
    /// All of a message.
    #[must_use]
    pub fn new(message: ByteString) -> Self {
        Self { rest: message }
    }
}

impl Iterator for Lines {
    type Item = ByteString;

    /// The next line that is not blank, without the blanks around it.
    fn next(&mut self) -> Option<ByteString> {
        let rest = self.rest.trim_start();
        if rest.is_empty() {
            self.rest = ByteString::new();
            return None;
        }
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = self.rest.slice_ref(line.trim_end());
        self.rest = self.rest.slice_ref(after);
        Some(line)
    }
}

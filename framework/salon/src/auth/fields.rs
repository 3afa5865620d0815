//! The names and values of a request, as they were sent.
//!
//! It must never need memory for each of them: every connection keeps those of its handshake.

use std::{fmt, iter};

/// Names with their values, in the order sent: the headers of a request, or its query parameters.
///
/// A name may occur more than once. They lie in one piece of memory, one after the other, so that to
/// look one up is to go through those before it.
///
/// ```
/// use salon::auth::Handshake;
///
/// let headers = [("accept", "text/html"), ("accept", "*/*")];
/// let handshake = Handshake::new("/socket.io/", headers, [("lobby", "7")]);
/// assert_eq!(handshake.headers().get("accept"), Some("text/html"));
/// assert_eq!(handshake.headers().iter().count(), 2);
/// assert_eq!(handshake.parameters().get("lobby"), Some("7"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fields<'a>(
    /// Each text with its length in bytes and a colon before it.
    &'a str,
);

impl<'a> Fields<'a> {
    /// Those that were [written](write) there.
    pub(super) fn within(written: &'a str) -> Self {
        Self(written)
    }

    /// The value of the first field of that name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// All names with their values, in the order sent.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.0;
        iter::from_fn(move || Some((take(&mut rest)?, take(&mut rest)?)))
    }
}

/// Takes the first text; `None` at the end.
fn take<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (length, behind) = rest.split_once(':')?;
    let (text, behind) = behind.split_at_checked(length.parse().ok()?)?;
    *rest = behind;
    Some(text)
}

/// Writes one field behind others.
pub(super) fn write(all: &mut String, name: &str, value: &str) {
    for text in [name, value] {
        all.push_str(itoa::Buffer::new().format(text.len()));
        all.push(':');
        all.push_str(text);
    }
}

/// Without values: headers and queries carry secrets.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_field_comes_back_as_it_was() {
        let all = [("a", ""), ("", "1:b"), ("a", "ä:\0\r\n"), ("", ""), ("7", "3:x")];
        let mut written = String::new();
        all.iter().for_each(|(name, value)| write(&mut written, name, value));
        let fields = Fields::within(&written);
        assert_eq!(fields.iter().collect::<Vec<_>>(), all);
        assert_eq!(fields.get("a"), Some(""), "the first of that name");
        assert_eq!(fields.get("b"), None);
        assert_eq!(Fields::within("").iter().next(), None);
    }

    #[test]
    fn values_are_not_shown() {
        let mut written = String::new();
        write(&mut written, "cookie", "secret");
        assert_eq!(format!("{:?}", Fields::within(&written)), "[\"cookie\"]");
    }
}

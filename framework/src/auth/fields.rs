//! The names and values of a request, as they were sent.
//!
//! It must never take more than one allocation: every connection keeps those of its handshake.

use std::{fmt, iter};

/// How many bytes the fields of most requests fit in, while they are gathered.
const USUAL: usize = 512;

/// Names with their values, in the order sent: the headers of a request, or its query parameters.
///
/// A name may occur more than once. They lie in one piece of memory, one after the other, so that to
/// look one up is to go through those before it.
///
/// ```
/// use salon::auth::Fields;
///
/// let fields: Fields = [("accept", "text/html"), ("accept", "*/*")].into_iter().collect();
/// assert_eq!(fields.get("accept"), Some("text/html"));
/// assert_eq!(fields.iter().count(), 2);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(
    /// Each text with its length in bytes and a colon before it.
    Box<str>,
);

impl Fields {
    /// The value of the first field of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// All names with their values, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.0;
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

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let (mut all, mut length) = (String::with_capacity(USUAL), itoa::Buffer::new());
        for (name, value) in fields {
            for text in [name.as_ref(), value.as_ref()] {
                all.push_str(length.format(text.len()));
                all.push(':');
                all.push_str(text);
            }
        }
        Self(all.into())
    }
}

/// Without values: headers and queries carry secrets.
impl fmt::Debug for Fields {
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
        let fields: Fields = all.into_iter().collect();
        assert_eq!(fields.iter().collect::<Vec<_>>(), all);
        assert_eq!(fields.get("a"), Some(""), "the first of that name");
        assert_eq!(fields.get("b"), None);
        assert_eq!(Fields::default().iter().next(), None);
    }

    #[test]
    fn values_are_not_shown() {
        let fields: Fields = [("cookie", "secret")].into_iter().collect();
        assert_eq!(format!("{fields:?}"), "[\"cookie\"]");
    }
}

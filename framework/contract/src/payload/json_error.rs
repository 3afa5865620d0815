//! What is wrong with a piece of JSON.
//!
//! It must never show whose reader it was: that may become another.

use std::fmt;

/// What is wrong with a piece of JSON, and where: in its words are the line and the column, unless a
/// type has refused what it read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(serde_json::Error);

impl JsonError {
    #[doc(hidden)]
    #[must_use]
    pub fn new(error: serde_json::Error) -> Self {
        Self(error)
    }

    /// The line, from 1; 0 if it is no one place that is wrong.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line()
    }

    /// The column, from 1; 0 if nothing of the line was read, or if it is no one place that is wrong.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column()
    }

    /// The same about a secret: where it is, and not what was found there.
    pub(super) fn without_content(&self) -> Self {
        let words = self.to_string();
        // What serde's derive says of a field that is not there: a name in the type.
        let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
        serde::de::Error::custom(match missing {
            Some((field, _)) => format!("missing field `{field}`"),
            None => format!(
                "it has another shape than expected at line {} column {}",
                self.line(),
                self.column()
            ),
        })
    }
}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(serde::de::Error::custom(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_about_a_secret_says_where_it_is() {
        let error = serde_json::from_str::<(u8,)>(r#"["secret"]"#).expect_err("it is no number");
        let shown = JsonError::new(error).without_content().to_string();
        assert!(shown.starts_with("it has another shape than expected at line 1"), "{shown}");
        let missing: JsonError = serde::de::Error::missing_field("token");
        assert_eq!(missing.without_content().to_string(), "missing field `token`");
    }
}

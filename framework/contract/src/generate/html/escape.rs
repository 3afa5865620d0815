//! Text in a page.
//!
//! It must let nothing through that is more than text: names and descriptions are anybody's.

use std::fmt::Write;

/// Text as it stands in an element, or in quotes in a tag.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(it),
            // They turn the direction of what comes after them, or are nothing that can be shown.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            it if it.is_control() => escaped.push(' '),
            it => escaped.push(it),
        }
    }
    escaped
}

/// Words with their paragraphs.
pub(super) fn paragraphs(words: &str) -> String {
    let words = words.replace("\r\n", "\n");
    let paragraphs = words.split("\n\n").map(str::trim).filter(|words| !words.is_empty());
    paragraphs.map(|words| format!("<p>{}</p>\n", code(words))).collect()
}

/// Words, with what stands between two backticks as code.
pub(super) fn code(words: &str) -> String {
    let mut parts: Vec<String> = words.split('`').map(text).collect();
    // One that has no other is itself.
    if parts.len().is_multiple_of(2)
        && let Some(last) = parts.pop()
        && let Some(before) = parts.last_mut()
    {
        before.push('`');
        before.push_str(&last);
    }
    let mut made = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 0 {
            made.push_str(part);
        } else {
            made.push_str(&format!("<code>{part}</code>"));
        }
    }
    made
}

/// The place of something in the page: one that nothing else has.
pub(super) fn anchor(parts: &[&str]) -> String {
    let mut made = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            made.push('.');
        }
        for it in part.chars() {
            match it {
                it if it.is_ascii_alphanumeric() || it == '-' || it == '_' => made.push(it),
                // To write to a text cannot fail.
                it => drop(write!(made, "~{:x}~", u32::from(it))),
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_whatever_it_is() {
        assert_eq!(text("<a href=\"'&'\">\0"), "&lt;a href=&quot;&#39;&amp;&#39;&quot;&gt; ");
        assert_eq!(
            paragraphs("a `<b>` c\r\n\r\n<d"),
            "<p>a <code>&lt;b&gt;</code> c</p>\n<p>&lt;d</p>\n"
        );
        assert_eq!(code("one ` alone"), "one ` alone");
        assert_eq!(code("`a` and ` alone"), "<code>a</code> and ` alone");
    }

    #[test]
    fn two_places_are_never_one() {
        assert_eq!(anchor(&["up", "/", "chat:say"]), "up.~2f~.chat~3a~say");
        assert_ne!(anchor(&["a.b"]), anchor(&["a", "b"]));
        assert_ne!(anchor(&["a~2f~"]), anchor(&["a/"]));
    }
}

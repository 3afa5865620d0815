//! What others chose, as it stands in a log: names, keys, reasons, the words of errors.
//!
//! It must never let them write a line of their own, nor as much as they like.

use std::fmt::{self, Display, Write};

/// Characters that one such text has in a log.
const LONGEST: usize = 512;

/// A text for the log, on one line and bounded: whatever is no plain character is escaped as in a
/// literal of Rust, and so is the backslash.
#[derive(Debug)]
pub struct Logged<T>(pub T);

impl<T: Display> Display for Logged<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { out: f, left: LONGEST, is_cut: false };
        let written = write!(line, "{}", self.0);
        if line.is_cut { f.write_char('…') } else { written }
    }
}

/// A namespace that a client is in, or wants to be in, as far as it is a name: behind a brace, a
/// quote or a question mark may be credentials that were put in the wrong place.
#[must_use]
pub fn namespace(name: &str) -> Logged<&str> {
    let end = name.find(['{', '[', '(', '"', '\'', '?', '&', '=', '#', ';']);
    Logged(&name[..end.unwrap_or(name.len())])
}

struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    /// Characters that it still takes.
    left: usize,
    is_cut: bool,
}

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
        if text.len() <= self.left && text.bytes().all(is_plain) {
            self.left -= text.len();
            return self.out.write_str(text);
        }
        text.chars().try_for_each(|character| {
            let Some(left) = self.left.checked_sub(1) else {
                // Whoever writes on is not heard: nothing else ends it.
                self.is_cut = true;
                return Err(fmt::Error);
            };
            self.left = left;
            match character {
                '"' | '\'' => self.out.write_char(character),
                _ => write!(self.out, "{}", character.escape_debug()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_no_terminal_obeys() {
        for (text, shown) in [
            ("lobby:1 \"x\" 'y' é 大厅", "lobby:1 \"x\" 'y' é 大厅"),
            ("a\nERROR forged", "a\\nERROR forged"),
            ("\r\t\0\u{1b}[31m", "\\r\\t\\0\\u{1b}[31m"),
            (
                "\u{85}\u{2028}\u{202e}\u{200b}\u{feff}",
                "\\u{85}\\u{2028}\\u{202e}\\u{200b}\\u{feff}",
            ),
            ("\\n", "\\\\n"),
        ] {
            assert_eq!(Logged(text).to_string(), shown);
        }
    }

    #[test]
    fn a_namespace_is_its_name_alone() {
        assert_eq!(namespace("/lobby-7/été").to_string(), "/lobby-7/été");
        assert_eq!(namespace("/lobby{\"token\":\"x\"}").to_string(), "/lobby");
        assert_eq!(namespace("/lobby?token=x").to_string(), "/lobby");
        assert_eq!(namespace("/a\nb").to_string(), "/a\\nb");
    }

    #[test]
    fn a_text_is_cut() {
        for text in ["x".repeat(513), "\n".repeat(100_000)] {
            let shown = Logged(&text).to_string();
            assert!(shown.len() < 3 * LONGEST && shown.ends_with('…'), "{shown}");
        }
        assert_eq!(Logged("x".repeat(512)).to_string(), "x".repeat(512));
    }

    #[test]
    fn what_writes_piece_by_piece_is_cut_as_a_whole() {
        let pieces = vec!["é"; 600];
        assert_eq!(
            Logged(format_args!("{}{}", pieces.concat(), "end")).to_string().chars().count(),
            513
        );
    }
}

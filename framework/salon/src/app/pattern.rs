//! The names that a namespace has by a pattern.
//!
//! It must never depend on which features the app has turned on in a library that it shares with
//! Salon: a pattern lets in the same names in every app.

use regex_lite::Regex;

/// A pattern as actix-web's routes have them: `/room-{number:\d+}`.
///
/// Not actix-web's own: there `\d` are the digits of all scripts if the app turns on the feature
/// `unicode`, which is among its defaults, and else those of ASCII.
pub(crate) struct Pattern(Regex);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("a {{ is not closed")]
    Open,
    #[error("{{{0}}}* has an expression and a *, which go together in none")]
    TailWithExpression(String),
    #[error("a * is behind no {{name}}, or not at the end; write {{tail}}*")]
    Star,
    #[error("{0}")]
    Expression(String),
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        let mut expression = String::from("^");
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (literal, opened) = rest.split_at(at);
            add_literal(&mut expression, literal)?;
            let end = closing(opened).ok_or(PatternError::Open)?;
            let inside = &opened[1..end];
            rest = &opened[end + 1..];
            match inside.split_once(':') {
                Some(_) if rest == "*" => {
                    return Err(PatternError::TailWithExpression(inside.to_owned()));
                }
                // Of its own: what it turns on ends with it.
                Some((_, own)) => {
                    check(own)?;
                    expression.push_str(&format!("(?:{own})"));
                }
                None if rest == "*" => {
                    rest = "";
                    expression.push_str("(?s:.*)");
                }
                None => expression.push_str("[^/]+"),
            }
        }
        add_literal(&mut expression, rest)?;
        expression.push('$');
        compile(&expression).map(Self)
    }

    /// Whether the whole name is one of them.
    pub(super) fn is_match(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// Where the brace is closed that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

fn add_literal(expression: &mut String, literal: &str) -> Result<(), PatternError> {
    if literal.ends_with('*') {
        return Err(PatternError::Star);
    }
    expression.push_str(&regex_lite::escape(literal));
    Ok(())
}

/// Refuses what is an expression only together with what is around it, such as `a)|(b`.
fn check(own: &str) -> Result<(), PatternError> {
    compile(own).map(drop)
}

fn compile(expression: &str) -> Result<Regex, PatternError> {
    // A `.` is neither a line feed nor a carriage return, as in JavaScript.
    Regex::new(&format!("(?R){expression}"))
        .map_err(|error| PatternError::Expression(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(name)
    }

    /// What `new RegExp("^/x-" + expression + "$").test("/x-" + text)` says in JavaScript.
    const AS_JAVASCRIPT: &[(&str, &[&str], &[&str])] = &[
        (r"\d+", &["7", "0123456789"], &["", "٣", "７", "१", "𝟗", "7٣", "²", "x", "7\n"]),
        (r"\D+", &["x", "٣", "７"], &["7"]),
        (r"[\d]+", &["7"], &["٣"]),
        (r"[^\d]+", &["x", "٣"], &["7"]),
        (r"\w+", &["aZ_09"], &["é", "ß", "٣", "ж", "a-b", "ªb", "\u{212a}"]),
        (r"\W+", &["é", "-", "٣"], &["a", "_"]),
        (r"\s+", &[" ", "\t\r\n"], &["x"]),
        (r"\S+", &["x", "é"], &[" "]),
        (r"a\b.", &["a-", "aé", "a٣"], &["ab", "a7", "a_"]),
        (r"a\B.", &["ab"], &["aé", "a-"]),
        (r".", &["x", "é", "/", "\t"], &["", "\n", "\r", "xx"]),
        (r"a|b", &["a", "b"], &["ab", "a/x-b", "c"]),
        (r"[a-z]{2,3}", &["ab", "abc"], &["a", "abcd", "éé"]),
        (r"(?i:kelvin)", &["KELVIN", "kElvin"], &["\u{212a}elvin"]),
        (r"(?i:s)", &["S"], &["ſ"]),
    ];

    #[test]
    fn an_expression_means_what_it_means_in_javascript() {
        for (expression, yes, no) in AS_JAVASCRIPT {
            let pattern = format!("/x-{{name:{expression}}}");
            for text in *yes {
                assert!(matches(&pattern, &format!("/x-{text}")), "{expression} {text:?}");
            }
            for text in *no {
                assert!(!matches(&pattern, &format!("/x-{text}")), "{expression} {text:?}");
            }
        }
    }

    #[test]
    fn what_is_around_the_expressions_is_meant_to_the_letter() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("/chat", &["/chat"], &["/chat/", "/cha", "/chat\n", "/Chat", "/x/chat"]),
            ("/a.b+c", &["/a.b+c"], &["/axb+c", "/a.bbc"]),
            ("/{any}", &["/x", "/é٣", "/a\nb"], &["/", "/a/b", "x"]),
            ("/{a}-{b}/c", &["/1-2/c"], &["/1-/c", "/1-2/c/d"]),
            ("/{tail}*", &["/", "/a/b", "/a\nb\r"], &["x"]),
            (r"/{a:\d{2}}-{b:x}", &["/12-x"], &["/1-x", "/123-x", "/12-"]),
            ("/{a:}x", &["/x"], &["/ax"]),
        ];
        for (pattern, yes, no) in table {
            for name in *yes {
                assert!(matches(pattern, name), "{pattern} {name:?}");
            }
            for name in *no {
                assert!(!matches(pattern, name), "{pattern} {name:?}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, wanted) in [
            ("/{a", "a { is not closed"),
            (r"/{a:\d{2}", "a { is not closed"),
            ("/{a:x}*", "{a:x}* has an expression and a *, which go together in none"),
            ("/a*", "a * is behind no {name}, or not at the end; write {tail}*"),
            ("/a*{b}", "a * is behind no {name}, or not at the end; write {tail}*"),
        ] {
            let found = Pattern::new(text).map(|_| ()).map_err(|error| error.to_string());
            assert_eq!(found, Err(wanted.to_owned()), "{text}");
        }
        for text in ["/{a:[}", "/{a:a)|(b}", r"/{a:\p{L}}", "/{a:(?=x)}", "/{a:*}"] {
            assert!(matches!(Pattern::new(text), Err(PatternError::Expression(_))), "{text}");
        }
    }
}

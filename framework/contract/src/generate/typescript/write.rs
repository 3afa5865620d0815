//! Types as text.
//!
//! It must be a text that reads well, on lines of a hundred characters where the names allow that.

use std::collections::BTreeMap;

use super::types::{Field, Type};

/// What a line should not be longer than.
const WIDTH: usize = 100;

/// Writes types, with the names that those have that are declared elsewhere.
#[derive(Clone, Copy)]
pub(in crate::generate) struct Writer<'a> {
    /// By the names of their schemas.
    pub(in crate::generate) names: &'a BTreeMap<String, String>,
}

impl Writer<'_> {
    /// What an interface says, each field on lines of its own.
    pub(super) fn interface(self, fields: &[Field]) -> String {
        let fields: String = fields.iter().map(|field| self.field(field, 1)).collect();
        format!("{{\n{fields}}}")
    }

    /// On lines; `depth` is that of the first, of which `used` characters are taken.
    pub(super) fn lines(self, of: &Type, depth: usize, used: usize) -> String {
        if let Some(line) = self.line(of).filter(|line| used + line.chars().count() <= WIDTH) {
            return line;
        }
        let (inner, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
        match of {
            Type::Object { fields, rest } => {
                let mut text = "{\n".to_owned();
                for field in fields {
                    text += &self.field(field, depth + 1);
                }
                if let Some(rest) = rest {
                    let of = self.lines(rest, depth + 1, inner.len() + 16);
                    text += &format!("{inner}[key: string]: {of};\n");
                }
                text + &end + "}"
            }
            Type::Union(of) => of.iter().fold(String::new(), |text, one| {
                text + &format!("\n{inner}| {}", self.part(one, depth + 1, inner.len() + 2))
            }),
            Type::Intersection(of) => {
                let parts = of.iter().map(|one| self.part(one, depth, WIDTH / 2));
                parts.collect::<Vec<_>>().join(" & ")
            }
            Type::List(of) => self.part(of, depth, used) + "[]",
            Type::Tuple { places, least, rest } => {
                let mut text = "[\n".to_owned();
                for (at, place) in places.iter().enumerate() {
                    let place = match at < *least {
                        true => self.lines(place, depth + 1, inner.len() + 2),
                        false => self.part(place, depth + 1, inner.len() + 2) + "?",
                    };
                    text += &format!("{inner}{place},\n");
                }
                if let Some(rest) = rest {
                    text +=
                        &format!("{inner}...{}[],\n", self.part(rest, depth + 1, inner.len() + 6));
                }
                text + &end + "]"
            }
            of => self.line(of).unwrap_or_default(),
        }
    }

    /// A field, with what is said of it, on lines of its own.
    fn field(self, field: &Field, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let may_miss = if field.is_optional { "?" } else { "" };
        let head = format!("{indent}{}{may_miss}: ", field.key);
        let of = self.lines(&field.of, depth, head.chars().count() + 1);
        let head = if of.starts_with('\n') { head.trim_end() } else { &head };
        format!("{}{head}{of};\n", comment(&field.words, depth))
    }

    /// What stands in another type.
    fn part(self, of: &Type, depth: usize, used: usize) -> String {
        let text = self.lines(of, depth, used);
        if is_open(of) { format!("({text})") } else { text }
    }

    /// On one line; nothing, if something is to be said of what is in it.
    pub(in crate::generate) fn line(self, of: &Type) -> Option<String> {
        let part = |of: &Type| {
            let text = self.line(of)?;
            Some(if is_open(of) { format!("({text})") } else { text })
        };
        let parts = |of: &[Type]| of.iter().map(part).collect::<Option<Vec<_>>>();
        Some(match of {
            Type::Unknown => "unknown".to_owned(),
            Type::Never => "never".to_owned(),
            Type::Plain(name) => (*name).to_owned(),
            Type::OtherText => "(string & {})".to_owned(),
            Type::Literal(text) => text.clone(),
            Type::Reference(name) => {
                self.names.get(name).map_or_else(|| "unknown".to_owned(), Clone::clone)
            }
            // What is weaker in it needs no parentheses.
            Type::Union(of) => {
                of.iter().map(|it| self.line(it)).collect::<Option<Vec<_>>>()?.join(" | ")
            }
            Type::Intersection(of) => parts(of)?.join(" & "),
            Type::List(of) => part(of)? + "[]",
            Type::Tuple { places, least, rest } => {
                let places = places.iter().enumerate().map(|(at, place)| match at < *least {
                    true => self.line(place),
                    false => part(place).map(|place| place + "?"),
                });
                let mut written = places.collect::<Option<Vec<_>>>()?;
                if let Some(rest) = rest {
                    written.push(format!("...{}[]", part(rest)?));
                }
                format!("[{}]", written.join(", "))
            }
            Type::Object { fields, rest } => {
                let mut written = Vec::new();
                for field in fields {
                    if !field.words.is_empty() {
                        return None;
                    }
                    let may_miss = if field.is_optional { "?" } else { "" };
                    written.push(format!("{}{may_miss}: {}", field.key, self.line(&field.of)?));
                }
                if let Some(rest) = rest {
                    written.push(format!("[key: string]: {}", self.line(rest)?));
                }
                if written.is_empty() {
                    "{}".to_owned()
                } else {
                    format!("{{ {} }}", written.join("; "))
                }
            }
        })
    }
}

/// Whether it needs parentheses where something binds.
fn is_open(of: &Type) -> bool {
    matches!(of, Type::Union(_) | Type::Intersection(_))
}

/// What is said of something, before it.
pub(super) fn comment(words: &[String], depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match words {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let mut text = format!("{indent}/**\n");
            for line in lines {
                text += format!("{indent} * {line}").trim_end();
                text.push('\n');
            }
            text + &indent + " */\n"
        }
    }
}

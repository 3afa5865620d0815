//! Types in a page: what an event carries, field by field.
//!
//! It must lead from each name of a type to where that is told.

use serde_json::Value;

use super::escape::{anchor, code, paragraphs, text};
use crate::{
    document::Document,
    generate::typescript::{Field, Reader, Type},
};

/// Shows the schemas of one document.
pub(super) struct Types<'a> {
    pub(super) document: &'a Document,
    reader: Reader<'a>,
}

impl<'a> Types<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, reader: Reader::new(&document.schemas) }
    }

    /// A schema in one line.
    pub(super) fn line(&mut self, schema: Option<&Value>) -> String {
        format!("<code>{}</code>", line(&self.reader.known(schema)))
    }

    /// Whatever a schema says: its words, and its fields or what it may be.
    pub(super) fn whole(&mut self, schema: &Value) -> String {
        let resolved = self.document.resolve(schema);
        let words = resolved.get("description").and_then(Value::as_str).unwrap_or_default();
        paragraphs(words) + &self.body(schema)
    }

    /// Whatever a schema says, without words.
    pub(super) fn body(&mut self, schema: &Value) -> String {
        let named = self.reader.read(schema);
        match self.reader.read(self.document.resolve(schema)) {
            Type::Object { fields, rest } if !fields.is_empty() => table(&fields, rest.as_deref()),
            Type::Union(of) => {
                let of = of.iter().map(|one| format!("<li><code>{}</code></li>\n", line(one)));
                format!("<ul class=\"either\">\n{}</ul>\n", of.collect::<String>())
            }
            Type::Tuple { places, least, rest: None } => positions(&places, least),
            Type::Unknown => format!("<p class=\"type\"><code>{}</code></p>\n", line(&named)),
            of => format!("<p class=\"type\"><code>{}</code></p>\n", line(&of)),
        }
    }
}

fn table(fields: &[Field], rest: Option<&Type>) -> String {
    let mut rows = String::new();
    for field in fields {
        let needed = if field.is_optional { "no" } else { "yes" };
        rows += &row(&code_of(&field.key), &line(&field.of), needed, &field.words.join("\n"));
    }
    if let Some(rest) = rest {
        rows += &row("<i>any other</i>", &line(rest), "no", "");
    }
    format!(
        "<table>\n<thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th><th scope=\"col\">Required</th>\
         <th scope=\"col\">What it is</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn positions(places: &[Type], least: usize) -> String {
    let mut rows = String::new();
    for (at, place) in places.iter().enumerate() {
        let needed = if at < least { "yes" } else { "no" };
        rows += &row(&(at + 1).to_string(), &line(place), needed, "");
    }
    format!(
        "<table>\n<thead><tr><th scope=\"col\">Place</th><th scope=\"col\">Type</th><th scope=\"col\">Required</th>\
         <th scope=\"col\"></th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn row(name: &str, of: &str, needed: &str, words: &str) -> String {
    format!(
        "<tr><th scope=\"row\">{name}</th><td><code>{of}</code></td><td class=\"required\">{needed}</td><td>{}</td></tr>\n",
        code(words)
    )
}

fn code_of(key: &str) -> String {
    // A key that has to be quoted is shown without that.
    let plain = serde_json::from_str::<String>(&key.replace(r"\/", "/"));
    format!("<code>{}</code>", text(plain.as_deref().unwrap_or(key)))
}

/// A type in one line, with links.
fn line(of: &Type) -> String {
    let part = |of: &Type| match of {
        Type::Union(_) | Type::Intersection(_) => format!("({})", line(of)),
        of => line(of),
    };
    let all = |of: &[Type], between: &str, show: &dyn Fn(&Type) -> String| {
        of.iter().map(show).collect::<Vec<_>>().join(between)
    };
    match of {
        Type::Unknown => "anything".to_owned(),
        Type::Never => "nothing".to_owned(),
        Type::Plain(name) => (*name).to_owned(),
        Type::OtherText => "others that may come".to_owned(),
        Type::Literal(value) => text(value),
        Type::Reference(name) => {
            format!("<a href=\"#{}\">{}</a>", anchor(&["type", name]), text(name))
        }
        Type::Union(of) => all(of, " | ", &line),
        Type::Intersection(of) => all(of, " &amp; ", &part),
        Type::List(of) => part(of) + "[]",
        Type::Tuple { places, rest, .. } => {
            let rest = rest.as_ref().map(|rest| format!(", …{}[]", part(rest)));
            format!("[{}{}]", all(places, ", ", &line), rest.unwrap_or_default())
        }
        Type::Object { fields, rest } => {
            let fields = fields.iter().map(|field| {
                let may_miss = if field.is_optional { "?" } else { "" };
                format!("{}{may_miss}: {}", text(&field.key), line(&field.of))
            });
            let rest = rest.iter().map(|rest| format!("[any]: {}", line(rest)));
            format!("{{ {} }}", fields.chain(rest).collect::<Vec<_>>().join("; "))
        }
    }
}

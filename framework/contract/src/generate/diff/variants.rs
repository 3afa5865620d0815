//! A schema as the list of what a value of it may be.
//!
//! It must come to the same list for schemas that say the same: `Option<T>` is written in three ways.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    fields,
    parts::{Kind, Parts},
};
use crate::document::Document;

/// More than this are not told apart: what combines so much is nothing that a type has.
const MOST: usize = 512;

static NULL: Value = Value::Null;

/// What a value may be.
#[derive(Clone, Debug)]
pub(super) enum Variant<'a> {
    Any,
    One(&'a Value),
    Plain(Kind, Parts<'a>),
    List(Parts<'a>),
    Object(Parts<'a>),
}

/// All that a value may be.
#[derive(Debug, Default)]
pub(super) struct Variants<'a> {
    pub(super) all: Vec<Variant<'a>>,
    /// Whether clients have been told that there may be more some day.
    pub(super) is_open: bool,
}

impl<'a> Variants<'a> {
    /// What a value of that schema may be.
    pub(super) fn of(document: &'a Document, schema: &'a Value) -> Self {
        let mut expand = Expand { document, open: BTreeSet::new(), is_open: false };
        let alternatives = expand.alternatives(schema);
        let mut all = Vec::new();
        for parts in alternatives.into_iter().take(MOST) {
            variants(&parts, &mut all);
        }
        Self { all, is_open: expand.is_open }
    }
}

/// Follows what a schema refers to and combines.
struct Expand<'a> {
    document: &'a Document,
    /// The schemas that are being looked at: one that is itself says nothing more.
    open: BTreeSet<usize>,
    is_open: bool,
}

impl<'a> Expand<'a> {
    fn alternatives(&mut self, schema: &'a Value) -> Vec<Parts<'a>> {
        let resolved = self.document.resolve(schema);
        let object = match resolved {
            Value::Object(object) => object,
            Value::Bool(false) => return Vec::new(),
            _ => return vec![Vec::new()],
        };
        let identity = std::ptr::from_ref(resolved).addr();
        if !self.open.insert(identity) {
            return Vec::new();
        }
        self.is_open |= object.get("x-open") == Some(&Value::Bool(true));
        let list = |key: &str| object.get(key).and_then(Value::as_array);
        let mut found: Vec<Parts<'a>> = vec![vec![object]];
        for one in list("allOf").into_iter().flatten() {
            let more = self.alternatives(one);
            found = product(&found, &more);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(list) = list(key) {
                let more: Vec<_> = list.iter().flat_map(|one| self.alternatives(one)).collect();
                found = product(&found, &more);
            }
        }
        self.open.remove(&identity);
        found
    }
}

/// Each of these with each of those.
fn product<'a>(these: &[Parts<'a>], those: &[Parts<'a>]) -> Vec<Parts<'a>> {
    let pairs = these.iter().flat_map(|this| those.iter().map(move |that| (this, that)));
    pairs.take(MOST).map(|(this, that)| this.iter().chain(that).copied().collect()).collect()
}

/// What a value is that keeps all of these.
fn variants<'a>(parts: &Parts<'a>, found: &mut Vec<Variant<'a>>) {
    let first = |key: &str| parts.iter().find_map(|part| part.get(key));
    if first("nullable") == Some(&Value::Bool(true)) {
        found.push(Variant::One(&NULL));
    }
    if first("not")
        .is_some_and(|not| *not == Value::Bool(true) || *not == Value::Object(Map::new()))
    {
        return;
    }
    if let Some(value) = first("const") {
        found.push(Variant::One(value));
        return;
    }
    if let Some(values) = first("enum").and_then(Value::as_array) {
        found.extend(values.iter().map(Variant::One));
        return;
    }
    let of_kind = |kind: &str| match kind {
        "string" => Variant::Plain(Kind::Text, parts.clone()),
        "integer" => Variant::Plain(Kind::Whole, parts.clone()),
        "number" => Variant::Plain(Kind::Number, parts.clone()),
        "boolean" => Variant::Plain(Kind::Truth, parts.clone()),
        "null" => Variant::One(&NULL),
        "array" => Variant::List(parts.clone()),
        "object" => Variant::Object(parts.clone()),
        _ => Variant::Any,
    };
    match first("type") {
        Some(Value::String(kind)) => found.push(of_kind(kind)),
        Some(Value::Array(kinds)) => {
            found.extend(kinds.iter().filter_map(Value::as_str).map(of_kind));
        }
        _ if first("properties").or_else(|| first("required")).is_some() => {
            found.push(of_kind("object"));
        }
        _ if first("items").is_some() => found.push(of_kind("array")),
        _ => found.push(Variant::Any),
    }
}

impl Variant<'_> {
    /// By what it is found among those of the other contract.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::One(value) => format!("= {}", sorted(value)),
            Self::Plain(kind, _) => format!("{kind:?}"),
            Self::List(_) => "list".to_owned(),
            Self::Object(parts) => format!("object {}", fields::tag(parts).unwrap_or_default()),
        }
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::One(Value::Null) => "`null`".to_owned(),
            Self::One(value) => format!("`{}`", sorted(value)),
            Self::Plain(Kind::Text, _) => "any text".to_owned(),
            Self::Plain(Kind::Whole, _) => "a whole number".to_owned(),
            Self::Plain(Kind::Number, _) => "a number".to_owned(),
            Self::Plain(Kind::Truth, _) => "true or false".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(parts) => match fields::tag(parts) {
                Some(tag) => format!("an object with {tag}"),
                None => "an object".to_owned(),
            },
        }
    }

    /// Whether whatever the other is, is this as well.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (Self::Plain(Kind::Number, _), Self::Plain(Kind::Whole, _)) => true,
            (Self::Plain(kind, _), Self::One(value)) => match kind {
                Kind::Text => value.is_string(),
                Kind::Whole => value.is_i64() || value.is_u64(),
                Kind::Number => value.is_number(),
                Kind::Truth => value.is_boolean(),
            },
            _ => self.key() == other.key(),
        }
    }
}

/// A value as text, in one order.
fn sorted(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

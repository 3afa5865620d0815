//! Schemas as types.
//!
//! It must make a type of whatever stands there: a schema may be an app's own, or from another version. What
//! it does not know it leaves open, so that no value is a mistake to TypeScript and none to the server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    names,
    types::{Field, Type},
};

/// How long a list of one length may be to have a type for each place.
const PLACES: u64 = 8;

/// Reads schemas, and keeps which others they refer to.
pub(in crate::generate) struct Reader<'a> {
    schemas: &'a BTreeMap<String, Value>,
    /// The names of the schemas that were referred to.
    pub(super) referred: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// One for the schemas of a document.
    pub(in crate::generate) fn new(schemas: &'a BTreeMap<String, Value>) -> Self {
        Self { schemas, referred: BTreeSet::new() }
    }

    /// What a schema says; without one nothing is known.
    pub(in crate::generate) fn known(&mut self, schema: Option<&Value>) -> Type {
        schema.map_or(Type::Unknown, |schema| self.read(schema))
    }

    /// What a schema says.
    pub(in crate::generate) fn read(&mut self, schema: &Value) -> Type {
        let object = match schema {
            Value::Bool(false) => return Type::Never,
            Value::Object(object) => object,
            _ => return Type::Unknown,
        };
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            return self.referred(reference);
        }
        let mut parts = vec![self.base(object)];
        for key in ["allOf", "oneOf", "anyOf"] {
            let Some(list) = object.get(key).and_then(Value::as_array) else { continue };
            let types: Vec<Type> = list.iter().map(|one| self.read(one)).collect();
            parts.push(if key == "allOf" { Type::intersection(types) } else { Type::union(types) });
        }
        if object.get("not").is_some_and(admits_all) {
            return Type::Never;
        }
        // `"type": "object"` beside what says which object says nothing more.
        if parts.len() > 1 && is_any_object(&parts[0]) {
            parts.remove(0);
        }
        let mut found = Type::intersection(parts);
        if object.get("x-open") == Some(&Value::Bool(true)) && found.is_texts() {
            found = Type::union([found, Type::OtherText]);
        }
        if object.get("nullable") == Some(&Value::Bool(true)) {
            found = Type::union([found, Type::Plain("null")]);
        }
        found
    }

    fn referred(&mut self, reference: &str) -> Type {
        let name = reference.strip_prefix("#/schemas/").unwrap_or_default();
        if !self.schemas.contains_key(name) {
            return Type::Unknown;
        }
        self.referred.insert(name.to_owned());
        Type::Reference(name.to_owned())
    }

    /// What a schema says without those in it that it combines.
    fn base(&mut self, object: &Map<String, Value>) -> Type {
        if let Some(value) = object.get("const") {
            return Type::literal(value);
        }
        if let Some(values) = object.get("enum").and_then(Value::as_array) {
            return Type::union(values.iter().map(Type::literal));
        }
        match object.get("type") {
            Some(Value::String(kind)) => self.kind(kind, object),
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                Type::union(kinds.map(|kind| self.kind(kind, object)).collect::<Vec<_>>())
            }
            _ if has_any(
                object,
                &["properties", "required", "additionalProperties", "patternProperties"],
            ) =>
            {
                self.kind("object", object)
            }
            _ if object.contains_key("items") => self.kind("array", object),
            _ => Type::Unknown,
        }
    }

    fn kind(&mut self, kind: &str, object: &Map<String, Value>) -> Type {
        match kind {
            "string" => Type::Plain("string"),
            "integer" | "number" => Type::Plain("number"),
            "boolean" => Type::Plain("boolean"),
            "null" => Type::Plain("null"),
            "array" => self.list(object),
            "object" => self.object(object),
            _ => Type::Unknown,
        }
    }

    fn list(&mut self, object: &Map<String, Value>) -> Type {
        let number = |key: &str| object.get(key).and_then(Value::as_u64);
        let (least, most) = (number("minItems"), number("maxItems"));
        let places = match object.get("items") {
            Some(Value::Array(places)) => places,
            items => {
                let of = self.known(items);
                return match (least, most) {
                    (Some(least), Some(most)) if least == most && most <= PLACES => {
                        let places: Vec<Type> = (0..most).map(|_| of.clone()).collect();
                        Type::Tuple { least: places.len(), places, rest: None }
                    }
                    _ => Type::List(Box::new(of)),
                };
            }
        };
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let rest = match object.get("additionalItems") {
            Some(Value::Bool(false)) => None,
            _ if most <= places.len() => None,
            additional => Some(Box::new(self.known(additional))),
        };
        let places: Vec<Type> = places.iter().take(most).map(|place| self.read(place)).collect();
        let least = least.map_or(0, |least| usize::try_from(least).unwrap_or(usize::MAX));
        Type::Tuple { least: least.min(places.len()), places, rest }
    }

    fn object(&mut self, object: &Map<String, Value>) -> Type {
        let required: BTreeSet<&str> = object
            .get("required")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let mut fields: BTreeMap<&str, Option<&Value>> =
            required.iter().map(|name| (*name, None)).collect();
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            fields.extend(properties.iter().map(|(name, schema)| (&**name, Some(schema))));
        }
        let mut fields: Vec<Field> = fields
            .into_iter()
            .map(|(name, schema)| {
                let is_optional = !required.contains(name);
                let mut words = schema.map(words).unwrap_or_default();
                // What is always there is never what it is by default.
                words.extend(schema.filter(|_| is_optional).and_then(default));
                Field { key: names::key(name), is_optional, of: self.known(schema), words }
            })
            .collect();
        // What tells one object from others comes first.
        fields.sort_by_key(|field| !matches!(field.of, Type::Literal(_)));
        let rest = self.rest(object, &fields);
        Type::Object { fields, rest: rest.map(Box::new) }
    }

    /// What the fields are that are not named: TypeScript has one type for them and for those that are.
    fn rest(&mut self, object: &Map<String, Value>, fields: &[Field]) -> Option<Type> {
        let mut of = Vec::new();
        if let Some(patterns) = object.get("patternProperties").and_then(Value::as_object) {
            let mut patterns: Vec<_> = patterns.iter().collect();
            patterns.sort_by_key(|(pattern, _)| *pattern);
            of.extend(patterns.into_iter().map(|(_, schema)| self.read(schema)));
        }
        match object.get("additionalProperties") {
            Some(Value::Bool(false)) if of.is_empty() && fields.is_empty() => of.push(Type::Never),
            Some(Value::Bool(false)) => {}
            Some(schema) => of.push(self.read(schema)),
            None if of.is_empty() && fields.is_empty() => of.push(Type::Unknown),
            None => {}
        }
        if of.is_empty() {
            return None;
        }
        for field in fields {
            of.push(field.of.clone());
            if field.is_optional {
                of.push(Type::Plain("undefined"));
            }
        }
        Some(Type::union(of))
    }
}

/// Whether a schema admits every value.
fn admits_all(schema: &Value) -> bool {
    match schema {
        Value::Bool(all) => *all,
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn is_any_object(of: &Type) -> bool {
    match of {
        Type::Object { fields, rest } => {
            fields.is_empty() && rest.as_deref().is_none_or(|rest| *rest == Type::Unknown)
        }
        _ => false,
    }
}

fn has_any(object: &Map<String, Value>, keys: &[&str]) -> bool {
    keys.iter().any(|key| object.contains_key(*key))
}

/// What a schema says in words, line by line.
pub(super) fn words(schema: &Value) -> Vec<String> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let mut lines: Vec<String> = text("description").map(lines_of).unwrap_or_default();
    if let Some(format) = text("format").filter(|_| text("type") == Some("string")) {
        lines.extend(lines_of(&format!("@format {format}")));
    }
    if text("contentEncoding").is_some() {
        lines.push("Bytes, as base64.".to_owned());
    }
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        lines.push("@deprecated".to_owned());
    }
    lines
}

/// What a field is if it is missing; that it is nothing then, needs no words.
fn default(schema: &Value) -> Option<String> {
    let mut default = schema.get("default").filter(|default| !default.is_null())?.clone();
    default.sort_all_objects();
    lines_of(&format!("@default {default}")).into_iter().next()
}

/// Words as lines of a comment, which nothing in them can end.
pub(super) fn lines_of(words: &str) -> Vec<String> {
    let mut lines: Vec<String> = words
        .replace("*/", r"*\/")
        .split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(|line| line.trim_end().to_owned())
        .collect();
    // What was broken by two characters is one line end; an empty line separates, at the end nothing.
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

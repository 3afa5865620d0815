//! The fields of an object, compared.
//!
//! It must know that a client which exists neither sends a field that it has not heard of, nor minds one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Course, Reader, parts::Parts, values::Values};

/// What is known of the fields of an object.
struct Fields<'a> {
    named: BTreeMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
    /// What the others are, if that is said.
    others: Option<&'a Value>,
    /// Whether there are no others.
    is_closed: bool,
}

impl<'a> Fields<'a> {
    fn of(parts: &Parts<'a>) -> Self {
        let mut named = BTreeMap::new();
        let mut required = BTreeSet::new();
        for part in parts {
            for (name, schema) in
                part.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                named.entry(&**name).or_insert(schema);
            }
            let names = part.get("required").and_then(Value::as_array);
            required.extend(names.into_iter().flatten().filter_map(Value::as_str));
        }
        let additional = || parts.iter().filter_map(|part| part.get("additionalProperties"));
        let patterns = parts.iter().find_map(|part| part.get("patternProperties")?.as_object());
        let others = additional().find(|schema| schema.is_object());
        Self {
            named,
            required,
            others: others.or_else(|| patterns.and_then(|patterns| patterns.values().next())),
            is_closed: additional().any(|schema| *schema == Value::Bool(false))
                && patterns.is_none(),
        }
    }
}

/// By what an object of one kind is told from others: fields that have one value, or the only one that it has.
pub(super) fn tag(parts: &Parts<'_>) -> Option<String> {
    let fields = Fields::of(parts);
    let constant = |(name, schema): (&&str, &&Value)| {
        let values = schema.get("enum").and_then(Value::as_array);
        let only = values.filter(|values| values.len() == 1).and_then(|values| values.first());
        Some(format!("`{name}` = {}", schema.get("const").or(only)?))
    };
    let constants: Vec<String> = fields.named.iter().filter_map(constant).collect();
    if !constants.is_empty() {
        return Some(constants.join(", "));
    }
    match (fields.named.len(), fields.named.keys().next()) {
        (1, Some(name)) if fields.is_closed && fields.required.contains(name) => {
            Some(format!("`{name}` alone"))
        }
        _ => None,
    }
}

/// How many names two objects share.
pub(super) fn shared(one: &Parts<'_>, other: &Parts<'_>) -> usize {
    let other = Fields::of(other);
    Fields::of(one).named.keys().filter(|name| other.named.contains_key(*name)).count()
}

/// Compares two objects.
pub(super) fn compare<'a>(
    values: &mut Values<'a, '_>,
    path: &str,
    old: &Parts<'a>,
    new: &Parts<'a>,
) {
    let (old, new) = (Fields::of(old), Fields::of(new));
    let names: BTreeSet<&str> = old
        .named
        .keys()
        .chain(new.named.keys())
        .chain(&old.required)
        .chain(&new.required)
        .copied()
        .collect();
    for name in names {
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let [is_old, is_new] =
            [&old, &new].map(|it| it.named.contains_key(name) || it.required.contains(name));
        let schemas = (old.named.get(name).copied(), new.named.get(name).copied());
        match (is_old, is_new) {
            (true, true) => {
                let is_required = (old.required.contains(name), new.required.contains(name));
                required(values, &inner, is_required);
                if let (Some(old), Some(new)) = schemas {
                    values.compare(&inner, old, new);
                }
            }
            (false, true) => added(values, &inner, new.required.contains(name)),
            (true, false) => match (schemas.0, new.others) {
                (Some(old), Some(new)) => values.compare(&inner, old, new),
                _ => removed(values, &inner, new.is_closed),
            },
            (false, false) => {}
        }
    }
    others(values, path, &old, &new);
}

fn required(values: &mut Values<'_, '_>, path: &str, (was, is): (bool, bool)) {
    match (was, is) {
        (false, true) => values.say(
            path,
            Course::Narrower,
            "is required now",
            "clients that exist may leave it out",
        ),
        (true, false) => values.say(
            path,
            Course::Wider,
            "may be missing now",
            "clients that exist take it for granted",
        ),
        _ => {}
    }
}

fn added(values: &mut Values<'_, '_>, path: &str, is_required: bool) {
    match values.reader {
        Reader::Server if is_required => values.say(
            path,
            Course::Narrower,
            "is new, and required",
            "clients that exist do not send it; let it have a `#[serde(default)]`",
        ),
        Reader::Server => values.harmless(path, "is new, and may be left out"),
        Reader::Clients => values.harmless(path, "is new"),
    }
}

fn removed(values: &mut Values<'_, '_>, path: &str, is_closed: bool) {
    match values.reader {
        Reader::Server if is_closed => values.say(
            path,
            Course::Narrower,
            "is gone, and fields that are not known are refused",
            "clients that exist go on to send it",
        ),
        Reader::Server => values.harmless(path, "is gone: whoever sends it is not heard"),
        Reader::Clients => {
            values.say(path, Course::Other, "is gone", "clients that exist look for it");
        }
    }
}

/// What is not named: the values of a map.
fn others<'a>(values: &mut Values<'a, '_>, path: &str, old: &Fields<'a>, new: &Fields<'a>) {
    match (old.others, new.others) {
        (Some(old), Some(new)) => values.compare(&format!("{path}[key]"), old, new),
        (Some(_), None) if new.is_closed => values.say(
            path,
            Course::Other,
            "has no more fields than those that are named",
            "clients that exist send and look for others",
        ),
        (None, None) if new.is_closed && !old.is_closed && values.reader == Reader::Server => {
            values.harmless(path, "has no more fields than those that are named, or is refused");
        }
        _ => {}
    }
}

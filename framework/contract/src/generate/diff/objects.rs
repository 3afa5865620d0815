//! What schemas say of an object, and by what it is told from others.
//!
//! It must take all schemas together that an object has to keep at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The schemas that a value has to keep at once.
pub(super) type Parts<'a> = Vec<&'a Map<String, Value>>;

/// Two values inside of others, and where: they are still to be compared.
pub(super) type Inner<'a> = (String, &'a Value, &'a Value);

/// What is known of the fields of an object.
pub(super) struct Fields<'a> {
    pub(super) named: BTreeMap<&'a str, &'a Value>,
    pub(super) required: BTreeSet<&'a str>,
    /// What the others are, if that is said.
    pub(super) others: Option<&'a Value>,
    /// Whether there are no others.
    pub(super) is_closed: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(parts: &Parts<'a>) -> Self {
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

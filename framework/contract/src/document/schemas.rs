//! The schemas of what is received and of what is sent, which are not the same for one type: a field that
//! may be left out when it is sent to the server is always there when the server sends it.
//!
//! It must end with one set of names: who has a `Player` in both directions has one, if they are alike.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::schema::Make;

/// Where the schemas of each direction are until they are together.
const RECEIVED: &str = "#/received/";
const SENT: &str = "#/sent/";
/// Where they are then.
const TOGETHER: &str = "#/schemas/";

/// The schemas that were asked for, of both directions.
pub(super) struct Schemas {
    received: SchemaGenerator,
    sent: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |path: &str| {
            let mut settings = SchemaSettings::draft07();
            settings.definitions_path =
                path.trim_start_matches('#').trim_end_matches('/').to_owned().into();
            settings
        };
        Self {
            received: settings(RECEIVED).for_deserialize().into_generator(),
            sent: settings(SENT).for_serialize().into_generator(),
        }
    }

    /// The schema of something that clients send.
    pub(super) fn received(&mut self, make: Make) -> Value {
        schema(&mut self.received, make)
    }

    /// The schema of something that the server sends.
    pub(super) fn sent(&mut self, make: Make) -> Value {
        schema(&mut self.sent, make)
    }

    /// Puts both together; `others` are what was made of them so far, which refers to them from now on.
    pub(super) fn together<'a>(
        mut self,
        others: impl IntoIterator<Item = &'a mut Value>,
    ) -> BTreeMap<String, Value> {
        let received = self.received.take_definitions(true);
        let sent = self.sent.take_definitions(true);
        let inputs: BTreeMap<String, String> = apart(&received, &sent)
            .into_iter()
            .map(|name| (name.clone(), input(&name, &sent)))
            .collect();
        let name_of = |name: &str| inputs.get(name).map_or_else(|| name.to_owned(), Clone::clone);
        let rename = |reference: &str| match reference.strip_prefix(RECEIVED) {
            Some(name) => format!("{TOGETHER}{}", name_of(name)),
            None => reference.replacen(SENT, TOGETHER, 1),
        };
        for other in others {
            each_reference(other, &rename);
        }
        let received = received.into_iter().map(|(name, schema)| (name_of(&name), schema));
        let mut together: BTreeMap<String, Value> = received.chain(sent).collect();
        together.values_mut().for_each(|schema| each_reference(schema, &rename));
        together
    }
}

/// A schema, in the form of the others.
fn schema(generator: &mut SchemaGenerator, make: Make) -> Value {
    let mut schema = make(generator);
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    schema.to_value()
}

/// The name of what is received, where what is sent by that name is another.
fn input(name: &str, sent: &Map<String, Value>) -> String {
    let mut input = format!("{name}Input");
    while sent.contains_key(&input) {
        input.push('_');
    }
    input
}

/// The names of those that are not the same in both directions, or refer to one that is not.
fn apart(received: &Map<String, Value>, sent: &Map<String, Value>) -> BTreeSet<String> {
    let of_both: Vec<&String> = received.keys().filter(|name| sent.contains_key(*name)).collect();
    let plain = |schema: &Value| {
        let mut schema = schema.clone();
        each_reference(&mut schema, &|reference| {
            let name = reference.rsplit('/').next().unwrap_or_default();
            format!("{TOGETHER}{name}")
        });
        schema
    };
    let is_other = |name: &&&String| plain(&received[**name]) != plain(&sent[**name]);
    let mut apart: BTreeSet<String> =
        of_both.iter().filter(is_other).map(|name| (*name).clone()).collect();
    loop {
        let refers = |name: &&String| {
            let mut found = false;
            let mut schema = received[*name].clone();
            each_reference_mut(&mut schema, &mut |reference| {
                found |= reference.strip_prefix(RECEIVED).is_some_and(|name| apart.contains(name));
            });
            found
        };
        let more: Vec<String> = of_both
            .iter()
            .filter(|name| !apart.contains(**name))
            .filter(|name| refers(name))
            .map(|name| (*name).clone())
            .collect();
        if more.is_empty() {
            return apart;
        }
        apart.extend(more);
    }
}

/// Whether values stand behind that word of a schema, and no schemas.
pub(super) fn is_value(word: &str) -> bool {
    ["const", "enum", "default", "examples"].contains(&word)
}

/// Rewrites each reference in a schema.
pub(crate) fn each_reference(schema: &mut Value, rename: &dyn Fn(&str) -> String) {
    each_reference_mut(schema, &mut |reference| *reference = rename(reference));
}

fn each_reference_mut(schema: &mut Value, see: &mut dyn FnMut(&mut String)) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(|inner| each_reference_mut(inner, see)),
        Value::Object(object) => {
            for (key, inner) in object {
                match inner {
                    Value::String(reference) if key == "$ref" => see(reference),
                    // The keys there are an app's: a field may be called `default`.
                    Value::Object(fields) if key == "properties" => {
                        fields.values_mut().for_each(|inner| each_reference_mut(inner, see));
                    }
                    // What looks like a reference there is none.
                    _ if is_value(key) => {}
                    inner => each_reference_mut(inner, see),
                }
            }
        }
        _ => {}
    }
}

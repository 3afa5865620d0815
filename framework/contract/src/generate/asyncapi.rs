//! A contract as AsyncAPI 3.1, for the tools that read that.
//!
//! It must be valid by the official parser, and say what AsyncAPI has no word for as `x-salon-…`. The
//! application that it describes is the server: it receives what clients send.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::document::{
    Ask, Carries, Document, Down, NamespaceContract, PayloadContract, ReplyContract, Up,
    each_reference,
};

/// What the document says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What the app is called.
    pub title: String,
    /// Its version; nothing: the hash of the contract.
    pub version: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { title: "Salon".to_owned(), version: None }
    }
}

/// The contract as AsyncAPI 3.1.
///
/// ```
/// use salon_contract::{document::Document, generate::asyncapi::{self, Options}};
///
/// let document: Document = serde_json::from_str(r#"{
///     "salon_contract": 1, "hash": "7f3a09c1", "schemas": {},
///     "namespaces": { "/": { "down": {}, "ask": {}, "rooms": {}, "up": {
///         "count": { "payload": { "carries": "nothing" }, "reply": { "value": { "type": "integer" } } }
///     } } }
/// }"#)?;
/// let made = asyncapi::asyncapi(&document, &Options::default());
/// assert_eq!(made["asyncapi"], "3.1.0");
/// assert_eq!(made["info"]["version"], "7f3a09c1");
/// assert_eq!(made["operations"]["main.receive.count"]["action"], "receive");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn asyncapi(document: &Document, options: &Options) -> Value {
    let schemas = Keys::of(document.schemas.keys());
    let ids = Keys::of(document.namespaces.keys());
    let mut made = Made { schemas: &schemas, channels: Map::new(), operations: Map::new() };
    for (name, namespace) in &document.namespaces {
        made.namespace(ids.get(name), name, namespace);
    }
    let Made { channels, operations, .. } = made;
    let version = options.version.as_ref().unwrap_or(&document.hash);
    let components: Map<String, Value> = document
        .schemas
        .iter()
        .map(|(name, schema)| (schemas.get(name).to_owned(), moved(schema, &schemas)))
        .collect();
    let mut made = json!({
        "asyncapi": "3.1.0",
        "info": { "title": options.title, "version": version, "x-salon-contract": document.hash },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "schemas": components },
    });
    made.sort_all_objects();
    made
}

/// Names of AsyncAPI for names of an app, which may be any text.
struct Keys<'a>(BTreeMap<&'a str, String>);

impl<'a> Keys<'a> {
    fn of(names: impl Iterator<Item = &'a String>) -> Self {
        // That would be no key to whoever reads it by JavaScript.
        let mut taken = BTreeSet::from(["__proto__".to_owned()]);
        let key = |name: &'a String| {
            let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
            let plain = name.trim_start_matches('/').replace(|it| !is_plain(it), "_");
            let mut key = if plain.is_empty() { "main".to_owned() } else { plain };
            while !taken.insert(key.clone()) {
                key.push('_');
            }
            (&**name, key)
        };
        Self(names.map(key).collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("unknown", |key| key)
    }
}

/// A schema that refers to where AsyncAPI has the others; there it is an object.
fn moved(schema: &Value, keys: &Keys<'_>) -> Value {
    let mut schema = schema.clone();
    each_reference(&mut schema, &|reference| match reference.strip_prefix("#/schemas/") {
        Some(name) => format!("#/components/schemas/{}", keys.get(name)),
        None => reference.to_owned(),
    });
    match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({ "not": {} }),
        schema => schema,
    }
}

/// What is made so far.
struct Made<'a> {
    schemas: &'a Keys<'a>,
    channels: Map<String, Value>,
    operations: Map<String, Value>,
}

/// One namespace, and the messages that go over it.
struct Channel<'a> {
    id: &'a str,
    keys: Keys<'a>,
    messages: Map<String, Value>,
}

impl Made<'_> {
    fn namespace(&mut self, id: &str, name: &str, namespace: &NamespaceContract) {
        let NamespaceContract { up, down, ask, rooms, untyped, hash } = namespace;
        let names = up.keys().chain(down.keys()).chain(ask.keys()).chain(untyped);
        let names: BTreeSet<&String> = names.collect();
        let mut channel = Channel { id, keys: Keys::of(names.into_iter()), messages: Map::new() };
        for (name, up) in up {
            self.up(&mut channel, name, up);
        }
        for name in untyped.iter().filter(|name| !up.contains_key(*name)) {
            let message = json!({ "name": name, "payload": {} });
            self.operation(&mut channel, ("receive", name), message, None, Map::new());
        }
        for (name, down) in down {
            self.down(&mut channel, name, down);
        }
        for (name, ask) in ask {
            self.ask(&mut channel, name, ask);
        }
        // A list: a name of a room may be any text, also one that is no key to a tool.
        let rooms: Vec<Value> = rooms
            .iter()
            .map(|(name, room)| {
                let room = serde_json::to_value(room).unwrap_or_default();
                let mut room = moved(&room, self.schemas);
                room["name"] = json!(name);
                room
            })
            .collect();
        // What is in braces there would be a parameter.
        let address = format!("/salon{}", name.trim_end_matches('/'));
        let address = address.replace('{', "%7B").replace('}', "%7D");
        let made = json!({
            "address": address,
            "title": name,
            "messages": channel.messages,
            "x-salon-contract": hash,
            "x-salon-rooms": rooms,
        });
        self.channels.insert(id.to_owned(), made);
    }

    fn up(&mut self, channel: &mut Channel<'_>, name: &str, up: &Up) {
        let mut more = Map::new();
        let mut say = |key: &str, value: Value| {
            if !value.is_null() && value != false {
                more.insert(format!("x-salon-{key}"), value);
            }
        };
        say("room", json!(up.room));
        say("key", json!(up.key));
        say("by", json!(up.by));
        say("refusals", json!(up.refusals));
        say("rate", json!(up.rate));
        say("auth", json!(up.auth));
        say("permission", json!(up.permission));
        say("once", json!(up.once));
        let message = self.message(name, up.description.as_deref(), &up.payload);
        let reply = self.reply(name, &up.reply);
        self.operation(channel, ("receive", name), message, reply, more);
    }

    fn down(&mut self, channel: &mut Channel<'_>, name: &str, down: &Down) {
        let mut more = Map::new();
        more.insert("x-salon-rooms".to_owned(), json!(down.rooms));
        more.insert("x-salon-session".to_owned(), json!(down.session));
        more.insert("x-salon-loss".to_owned(), json!(down.loss));
        let times = [("throttle", down.throttle_ms), ("acked", down.acked_ms)];
        more.extend(
            times
                .into_iter()
                .filter_map(|(key, time)| Some((format!("x-salon-{key}-ms"), Value::from(time?)))),
        );
        let message = self.message(name, down.description.as_deref(), &down.payload);
        self.operation(channel, ("send", name), message, None, more);
    }

    fn ask(&mut self, channel: &mut Channel<'_>, name: &str, ask: &Ask) {
        let message = self.message(name, ask.description.as_deref(), &ask.payload);
        let reply = self.reply(name, &ask.reply);
        self.operation(channel, ("ask", name), message, reply, Map::new());
    }

    /// A message, with what its type says of it.
    fn message(&self, name: &str, description: Option<&str>, payload: &PayloadContract) -> Value {
        let mut message = json!({ "name": name, "x-salon-carries": payload.carries });
        if let Some(description) = description {
            message["description"] = json!(description);
        }
        if payload.carries != Carries::Nothing {
            let schema = payload.schema.as_ref();
            message["payload"] = schema.map_or(json!({}), |schema| moved(schema, self.schemas));
        }
        message
    }

    fn reply(&self, name: &str, reply: &ReplyContract) -> Option<Value> {
        let ReplyContract::Value(schema) = reply else { return None };
        let schema = schema.as_ref().map_or(json!({}), |schema| moved(schema, self.schemas));
        Some(json!({ "name": format!("the reply to {name}"), "payload": schema }))
    }

    fn operation(
        &mut self,
        channel: &mut Channel<'_>,
        (kind, name): (&str, &str),
        message: Value,
        reply: Option<Value>,
        more: Map<String, Value>,
    ) {
        let (id, key) = (format!("{kind}.{}", channel.keys.get(name)), channel.id);
        let refer = |id: &str| json!({ "$ref": format!("#/channels/{key}/messages/{id}") });
        let own = json!({ "$ref": format!("#/channels/{key}") });
        let action = if kind == "receive" { "receive" } else { "send" };
        let mut operation = json!({
            "action": action,
            "channel": own,
            "title": name,
            "messages": [refer(&id)],
        });
        if let Some(reply) = reply {
            let id = format!("{id}.reply");
            operation["reply"] = json!({ "channel": own, "messages": [refer(&id)] });
            channel.messages.insert(id, reply);
        }
        if let Some(operation) = operation.as_object_mut() {
            operation.extend(more);
        }
        channel.messages.insert(id.clone(), message);
        self.operations.insert(format!("{key}.{id}"), operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{samples, text};

    #[test]
    fn a_contract_is_a_document_that_the_parser_takes() {
        // Whether it does is seen by `node asyncapi.js`, which is given these files.
        for (name, document) in [
            ("chat.asyncapi.json", samples::chat()),
            ("shapes.asyncapi.json", samples::shapes()),
            ("hostile.asyncapi.json", samples::hostile()),
        ] {
            samples::is_as_in(name, &text(&asyncapi(&document, &Options::default())));
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for document in [samples::chat(), samples::shapes(), samples::hostile()] {
            let made = asyncapi(&document, &Options::default());
            let mut all = made.clone();
            each_reference(&mut all, &|reference| {
                assert!(made.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
                reference.to_owned()
            });
        }
    }
}

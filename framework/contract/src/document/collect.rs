//! Makes a document of what a Salon knows of itself.

use std::time::Duration;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{
    Ask, Carries, Document, Down, EventFacts, FORM, HistoryContract, LossContract,
    NamespaceContract, NamespaceFacts, PayloadContract, PresenceContract, RateContract,
    ReplyContract, RoomContract, RoomFacts, SentBy, Up,
    schemas::{self, Schemas},
};
use crate::{
    event::{self, Dropped, Shape},
    schema::Make,
};

impl Document {
    /// The contract of these namespaces.
    #[doc(hidden)]
    #[must_use]
    pub fn of(namespaces: &[NamespaceFacts]) -> Self {
        let mut document = Self::unsigned(namespaces);
        for facts in namespaces {
            if let Some(namespace) = document.namespaces.get_mut(&facts.name) {
                namespace.hash = Self::hash_of(facts);
            }
        }
        document.hash = document.digest();
        document
    }

    /// The hash of one namespace, whatever others there are.
    #[doc(hidden)]
    #[must_use]
    pub fn hash_of(namespace: &NamespaceFacts) -> String {
        Self::unsigned(std::slice::from_ref(namespace)).digest()
    }

    fn unsigned(namespaces: &[NamespaceFacts]) -> Self {
        let mut collector = Collector { schemas: Schemas::new(), warnings: Vec::new() };
        let mut document = Self { salon_contract: FORM, ..Self::default() };
        for facts in namespaces {
            document.namespaces.insert(facts.name.clone(), collector.namespace(facts));
        }
        let Collector { schemas, warnings } = collector;
        document.schemas = schemas.together(document.namespaces.values_mut().flat_map(schemas_of));
        document.warnings = warnings;
        document.resolve_keys();
        document.warn_of_integers();
        document.warnings.sort();
        document.warnings.dedup();
        document
    }

    /// Eight digits of all but the words.
    fn digest(&self) -> String {
        let mut bare = self.clone();
        (bare.hash, bare.warnings) = (String::new(), Vec::new());
        bare.namespaces.values_mut().for_each(|namespace| namespace.hash.clear());
        let mut value = serde_json::to_value(&bare).unwrap_or_default();
        without_words(&mut value);
        // A map may be in the order of its insertion: what is hashed is in one order.
        value.sort_all_objects();
        format!("{:08x}", crc32fast::hash(value.to_string().as_bytes()))
    }

    /// What a schema refers to, if it does; else itself.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name =
            schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix("#/schemas/"));
        name.and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }

    /// Each room's key by the name that it has in JSON: the field has it from its type's `rename_all`.
    fn resolve_keys(&mut self) {
        let mut namespaces = std::mem::take(&mut self.namespaces);
        for (name, up) in namespaces.values_mut().flat_map(|namespace| &mut namespace.up) {
            // One value that is the key itself has no field.
            let is_whole = |key: &String| key.bytes().all(|byte| byte.is_ascii_digit());
            if up.payload.carries == Carries::One {
                up.key.take_if(|key| is_whole(key));
            }
            let (Some(key), Some(schema)) = (&mut up.key, &up.payload.schema) else { continue };
            let Some(fields) = self.resolve(schema).get("properties").and_then(Value::as_object)
            else {
                continue;
            };
            if fields.contains_key(key) {
                continue;
            }
            match fields.keys().find(|field| letters(field) == letters(key)) {
                Some(field) => *key = field.clone(),
                None => {
                    self.warnings.push(format!(
                        "{name:?} says that its room's key is the field {key:?}, and its schema has no such field"
                    ));
                    up.key = None;
                }
            }
        }
        self.namespaces = namespaces;
    }

    fn warn_of_integers(&mut self) {
        let warnings = &mut self.warnings;
        for (name, schema) in &self.schemas {
            wide_integers(name, schema, warnings);
        }
        for (namespace, events) in &self.namespaces {
            let ups = events.up.iter().map(|(name, up)| (name, up.payload.schema.as_ref()));
            let downs = events.down.iter().map(|(name, it)| (name, it.payload.schema.as_ref()));
            for (name, schema) in ups.chain(downs).filter_map(|(name, it)| Some((name, it?))) {
                wide_integers(&format!("{name:?} of {namespace}"), schema, warnings);
            }
            for (name, up) in &events.up {
                if let ReplyContract::Value(Some(schema)) = &up.reply {
                    let at = format!("the reply to {name:?} of {namespace}");
                    wide_integers(&at, schema, warnings);
                }
            }
        }
    }
}

/// All schemas that stand in a namespace itself.
fn schemas_of(namespace: &mut NamespaceContract) -> impl Iterator<Item = &mut Value> {
    let NamespaceContract { up, down, ask, rooms, .. } = namespace;
    let ups = up.values_mut().flat_map(|up| [up.payload.schema.as_mut(), value_of(&mut up.reply)]);
    let asks =
        ask.values_mut().flat_map(|it| [it.payload.schema.as_mut(), value_of(&mut it.reply)]);
    let downs = down.values_mut().map(|down| down.payload.schema.as_mut());
    let metas =
        rooms.values_mut().map(|room| room.presence.as_mut().and_then(|it| it.meta.as_mut()));
    ups.chain(asks).chain(downs).chain(metas).flatten()
}

fn value_of(reply: &mut ReplyContract) -> Option<&mut Value> {
    match reply {
        ReplyContract::Nothing => None,
        ReplyContract::Value(schema) => schema.as_mut(),
    }
}

/// A field's letters and digits, which no way of writing changes.
fn letters(field: &str) -> String {
    field.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Names each integer that may be too large for a number of JavaScript.
fn wide_integers(at: &str, schema: &Value, warnings: &mut Vec<String>) {
    match schema {
        Value::Array(list) => list.iter().for_each(|inner| wide_integers(at, inner, warnings)),
        Value::Object(object) => {
            let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
            let most = object.get("maximum").and_then(Value::as_f64);
            if ["uint64", "int64", "uint128", "int128"].contains(&format)
                && most.is_none_or(|most| most > 9_007_199_254_740_991.0)
            {
                warnings.push(format!(
                    "{at} has an integer of the format {format}: JavaScript rounds it beyond 2^53; let it be a \
                     text, or give it a `#[schemars(range(max = 9007199254740991))]`"
                ));
            }
            for (key, inner) in object {
                match inner.as_object() {
                    Some(fields) if key == "properties" => {
                        for (field, inner) in fields {
                            wide_integers(&format!("{at}.{field}"), inner, warnings);
                        }
                    }
                    _ if schemas::is_value(key) => {}
                    _ => wide_integers(at, inner, warnings),
                }
            }
        }
        _ => {}
    }
}

/// Takes the words out of a schema, which no client depends on.
fn without_words(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(without_words),
        Value::Object(object) => {
            for word in ["description", "title", "examples", "$comment", "deprecated"] {
                // A field may have that name, and then has a schema.
                if object.get(word).is_some_and(|it| !it.is_object()) {
                    object.remove(word);
                }
            }
            object.values_mut().for_each(without_words);
        }
        _ => {}
    }
}

struct Collector {
    schemas: Schemas,
    warnings: Vec<String>,
}

impl Collector {
    fn namespace(&mut self, facts: &NamespaceFacts) -> NamespaceContract {
        let mut namespace =
            NamespaceContract { untyped: facts.untyped.clone(), ..NamespaceContract::default() };
        for event in &facts.received {
            namespace.up.insert(event.name.to_owned(), self.up(event, None));
        }
        for event in &facts.sent {
            self.sends(&mut namespace, event, None);
        }
        for room in &facts.rooms {
            for (event, by) in &room.received {
                namespace.up.insert(event.name.to_owned(), self.up(event, Some((room.name, *by))));
            }
            for event in &room.sent {
                self.sends(&mut namespace, event, Some(room.name));
            }
            namespace.rooms.insert(room.name.to_owned(), self.room(room));
        }
        namespace
    }

    fn up(&mut self, event: &EventFacts, room: Option<(&str, SentBy)>) -> Up {
        let policy = &event.policy;
        let make = self.known(event.schemas.payload, event.shape == Shape::Empty, event.type_name);
        let schema = make.map(|make| self.schemas.received(make));
        let reply = self.known(event.schemas.reply, !event.is_answered, &reply_of(event));
        let reply = reply.map(|make| self.schemas.sent(make));
        Up {
            description: description(event),
            payload: payload(event.shape, schema),
            reply: replied(event.is_answered, reply),
            room: room.map(|(name, _)| name.to_owned()),
            key: room.and(event.schemas.key).map(str::to_owned),
            by: room.map(|(_, by)| by),
            refusals: policy
                .refuses
                .map(|codes| codes.iter().map(|&code| code.to_owned()).collect()),
            rate: policy.rate.map(|rate| RateContract {
                count: rate.count(),
                per_ms: millis(rate.per()),
                burst: rate.burst(),
            }),
            auth: policy.wants_identity(),
            permission: policy.permission.map(str::to_owned),
            once: policy.once.map(str::to_owned),
        }
    }

    /// Something that is sent, by a room if one is named. What carries something back is asked.
    fn sends(&mut self, namespace: &mut NamespaceContract, event: &EventFacts, room: Option<&str>) {
        let make = self.known(event.schemas.payload, event.shape == Shape::Empty, event.type_name);
        let name = event.name.to_owned();
        let schema = make.map(|make| self.schemas.sent(make));
        if event.is_answered {
            let reply = self.known(event.schemas.reply, false, &reply_of(event));
            let reply = reply.map(|make| self.schemas.received(make));
            let payload = payload(event.shape, schema);
            let (description, reply) = (description(event), replied(true, reply));
            namespace.ask.insert(name, Ask { description, payload, reply });
            return;
        }
        let policy = &event.policy;
        let down = namespace.down.entry(name).or_insert_with(|| Down {
            description: description(event),
            payload: payload(event.shape, schema),
            loss: match policy.loss {
                event::Loss::Volatile => LossContract::Volatile,
                event::Loss::Latest => LossContract::Latest,
                event::Loss::Drop { which: Dropped::Oldest, queue } => LossContract::Oldest(queue),
                event::Loss::Drop { which: Dropped::Newest, queue } => LossContract::Newest(queue),
                _ => LossContract::Nothing,
            },
            throttle_ms: policy.throttle.map(millis),
            acked_ms: policy.acked.map(millis),
            ..Down::default()
        });
        match room {
            Some(room) => down.rooms.push(room.to_owned()),
            None => down.session = true,
        }
    }

    fn room(&mut self, room: &RoomFacts) -> RoomContract {
        let presence = room.presence.map(|make| {
            let described = format!(
                "the presence of room {:?}: let its `PRESENCE` be `Presence::on().described()`, with a `Meta` that",
                room.name
            );
            let make = self.known(make, false, &described);
            PresenceContract { meta: make.map(|make| self.schemas.sent(make)) }
        });
        let history = room.history.map(|(events, bytes, age)| HistoryContract {
            events,
            bytes,
            age_ms: age.map(millis),
        });
        RoomContract { presence, history, durable: room.is_durable }
    }

    /// The schema of something; if there is none, and it is needed, that is said.
    fn known(&mut self, make: Option<Make>, is_needless: bool, what: &str) -> Option<Make> {
        if is_needless {
            return None;
        }
        if make.is_none() {
            self.warnings
                .push(format!("nothing is known of {what}: derive `schemars::JsonSchema`"));
        }
        make
    }
}

/// What the documentation of an event's type says.
fn description(event: &EventFacts) -> Option<String> {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let schema = event.schemas.payload?(&mut settings.into_generator());
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn reply_of(event: &EventFacts) -> String {
    format!("the reply to {}", event.type_name)
}

fn payload(shape: Shape, schema: Option<Value>) -> PayloadContract {
    let carries = match shape {
        Shape::Empty => Carries::Nothing,
        Shape::Positional => Carries::Several,
        _ => Carries::One,
    };
    PayloadContract { carries, schema }
}

fn replied(is_answered: bool, schema: Option<Value>) -> ReplyContract {
    if is_answered { ReplyContract::Value(schema) } else { ReplyContract::Nothing }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

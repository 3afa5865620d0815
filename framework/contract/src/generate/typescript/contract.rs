//! A namespace as a type, and what a client needs of it at run time.
//!
//! It must agree with `Contract` and `Described` of the client, which read what is made here.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    names,
    read::{Reader, lines_of, words},
    types::{Field, Type},
};
use crate::document::{
    Ask, Carries, Document, Down, NamespaceContract, PayloadContract, ReplyContract, SentBy, Up,
};

/// What the interface of a namespace says.
pub(super) fn interface(
    document: &Document,
    namespace: &NamespaceContract,
    reader: &mut Reader<'_>,
) -> Vec<Field> {
    let mut ups: BTreeMap<&String, Field> = namespace
        .untyped
        .iter()
        .map(|name| (name, event(name, vec![unknown("in"), unknown("out")])))
        .collect();
    for (name, one) in &namespace.up {
        let fields = up(one, reader);
        ups.insert(
            name,
            described(event(name, fields), document, one.description.as_deref(), &one.payload),
        );
    }
    let downs = namespace.down.iter().map(|(name, one)| {
        let fields = down(one, reader);
        described(event(name, fields), document, one.description.as_deref(), &one.payload)
    });
    let downs: Vec<Field> = downs.collect();
    let asks = namespace.ask.iter().map(|(name, one)| {
        let fields = ask(one, reader);
        described(event(name, fields), document, one.description.as_deref(), &one.payload)
    });
    let asks: Vec<Field> = asks.collect();
    let presence = namespace.rooms.iter().filter_map(|(name, room)| {
        let presence = room.presence.as_ref()?;
        Some(Field::new(names::key(name), reader.known(presence.meta.as_ref())))
    });
    let presence: Vec<Field> = presence.collect();
    vec![
        Field::new("hash", Type::Literal(names::quoted(&namespace.hash))),
        Field::new("up", object(ups.into_values().collect())),
        Field::new("down", object(downs)),
        Field::new("ask", object(asks)),
        Field::new("presence", object(presence)),
    ]
}

fn up(up: &Up, reader: &mut Reader<'_>) -> Vec<Field> {
    let mut fields = vec![
        Field::new("in", carried(&up.payload, reader)),
        Field::new("out", replied(&up.reply, reader)),
    ];
    if let Some(room) = &up.room {
        fields.push(text("room", room));
        fields.extend(key_of(up).map(|key| text("key", key)));
        if up.by == Some(SentBy::Join) {
            fields.push(Field::new("join", Type::Plain("true")));
        }
    }
    if let Some(codes) = &up.refusals {
        let codes: BTreeSet<&String> = codes.iter().collect();
        let codes = codes.into_iter().map(|code| Type::Literal(names::quoted(code)));
        fields.push(Field::new("refusals", Type::union(codes)));
    }
    fields
}

/// The field that a client fills in by itself: of several values it fills in none.
fn key_of(up: &Up) -> Option<&String> {
    up.key.as_ref().filter(|_| up.payload.carries == Carries::One)
}

/// It has a room only if nobody else sends it: what a session sends comes without a place in a room.
fn down(down: &Down, reader: &mut Reader<'_>) -> Vec<Field> {
    let mut fields = vec![Field::new("data", carried(&down.payload, reader))];
    if !down.session && !down.rooms.is_empty() {
        let rooms: BTreeSet<&String> = down.rooms.iter().collect();
        let rooms = rooms.into_iter().map(|room| Type::Literal(names::quoted(room)));
        fields.push(Field::new("room", Type::union(rooms)));
    }
    fields
}

fn ask(ask: &Ask, reader: &mut Reader<'_>) -> Vec<Field> {
    let data = carried(&ask.payload, reader);
    vec![Field::new("data", data), Field::new("out", replied(&ask.reply, reader))]
}

fn carried(payload: &PayloadContract, reader: &mut Reader<'_>) -> Type {
    match (payload.carries, &payload.schema) {
        (Carries::Nothing, _) => Type::Plain("void"),
        (Carries::One, schema) => reader.known(schema.as_ref()),
        (Carries::Several, None) => Type::List(Box::new(Type::Unknown)),
        (Carries::Several, Some(schema)) => reader.read(schema),
    }
}

fn replied(reply: &ReplyContract, reader: &mut Reader<'_>) -> Type {
    match reply {
        ReplyContract::Nothing => Type::Plain("void"),
        ReplyContract::Value(schema) => reader.known(schema.as_ref()),
    }
}

fn event(name: &str, fields: Vec<Field>) -> Field {
    Field::new(names::quoted(name), object(fields))
}

/// An event with its words, if no type that has a name says them.
fn described(
    event: Field,
    document: &Document,
    description: Option<&str>,
    payload: &PayloadContract,
) -> Field {
    let schema = payload.schema.as_ref();
    let has_name = |schema| !std::ptr::eq(document.resolve(schema), schema);
    let words = match (schema, description) {
        (Some(schema), _) if has_name(schema) => Vec::new(),
        (Some(schema), None) => words(schema),
        (_, description) => description.map(lines_of).unwrap_or_default(),
    };
    Field { words, ..event }
}

fn object(fields: Vec<Field>) -> Type {
    Type::Object { fields, rest: None }
}

fn text(key: &str, value: &str) -> Field {
    Field::new(key, Type::Literal(names::quoted(value)))
}

fn unknown(key: &str) -> Field {
    Field::new(key, Type::Unknown)
}

/// What a client needs at run time: the hash, the fields that it fills in by itself, and whose values are
/// sent one by one.
pub(super) fn value(namespace: &NamespaceContract) -> String {
    let keys = namespace.up.iter().filter_map(|(name, up)| {
        let key = up.room.as_ref().and(key_of(up))?;
        Some(format!("{}: {}", literal_key(name), names::quoted(key)))
    });
    let payloads = namespace.up.iter().map(|(name, up)| (name, &up.payload));
    let payloads = payloads.chain(namespace.down.iter().map(|(name, it)| (name, &it.payload)));
    let payloads = payloads.chain(namespace.ask.iter().map(|(name, it)| (name, &it.payload)));
    let positional: BTreeSet<String> = payloads
        .filter(|(_, payload)| payload.carries == Carries::Several)
        .map(|(name, _)| names::quoted(name))
        .collect();
    let (hash, keys) = (names::quoted(&namespace.hash), keys.collect::<Vec<_>>());
    let positional: Vec<String> = positional.into_iter().collect();
    format!(
        "{{\n  hash: {hash},\n  keys: {},\n  positional: {},\n}}",
        list("{ ", &keys, " }"),
        list("[", &positional, "]"),
    )
}

/// A list of what is written already, on one line if it fits.
fn list(begin: &str, of: &[String], end: &str) -> String {
    if of.is_empty() {
        return format!("{}{}", begin.trim_end(), end.trim_start());
    }
    let line = format!("{begin}{}{end}", of.join(", "));
    if line.chars().count() <= 80 {
        return line;
    }
    format!("{}\n    {},\n  {}", begin.trim_end(), of.join(",\n    "), end.trim_start())
}

/// A key of an object that exists: this one name would set what the object inherits from.
fn literal_key(name: &str) -> String {
    let quoted = names::quoted(name);
    if name == "__proto__" { format!("[{quoted}]") } else { quoted }
}

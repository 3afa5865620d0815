//! What is called breaking, and by which words: each change once as clients send it, once as they get it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    document::{
        Ask, Down, HistoryContract, LossContract, NamespaceContract, PayloadContract, RateContract,
        ReplyContract, RoomContract, SentBy, Up,
    },
    generate::samples::{self, any_schema},
};

fn contract(change: impl FnOnce(&mut NamespaceContract)) -> Document {
    let mut document = Document::default();
    change(document.namespaces.entry("/".to_owned()).or_default());
    document
}

fn payload(schema: Value) -> PayloadContract {
    PayloadContract { schema: Some(schema), ..PayloadContract::default() }
}

/// A contract whose one event is sent in that direction, and looks so.
fn with(reader: Reader, schema: &Value, schemas: &Value) -> Document {
    let mut document = contract(|namespace| match reader {
        Reader::Server => {
            let up = Up { payload: payload(schema.clone()), ..Up::default() };
            namespace.up.insert("e".to_owned(), up);
        }
        Reader::Clients => {
            let down = Down { payload: payload(schema.clone()), ..Down::default() };
            namespace.down.insert("e".to_owned(), down);
        }
    });
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        document.schemas.insert(name.clone(), schema.clone());
    }
    document
}

/// What has changed, as `! words` if it breaks.
fn said(reader: Reader, old: &Value, new: &Value) -> Vec<String> {
    let none = Value::Null;
    changes(&with(reader, old, &none), &with(reader, new, &none))
}

fn changes(old: &Document, new: &Document) -> Vec<String> {
    let changes = diff(old, new).into_iter();
    changes.map(|it| format!("{}{}", if it.breaking { "! " } else { "" }, it.what)).collect()
}

/// An object with these fields, of which those are required.
#[expect(clippy::needless_pass_by_value, reason = "a test reads better without a borrow")]
fn object(fields: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": fields, "required": required })
}

#[test]
fn each_change_is_judged_by_who_reads_it() {
    let text = || json!({ "type": "string" });
    let maybe = || json!({ "type": ["string", "null"] });
    let closed = |mut object: Value| {
        object["additionalProperties"] = json!(false);
        object
    };
    let names = |names: &[&str]| json!({ "type": "string", "enum": names });
    let tagged = |tags: &[&str]| {
        let one = |tag: &&str| object(json!({ "t": { "const": tag } }), &["t"]);
        json!({ "oneOf": tags.iter().map(one).collect::<Vec<_>>() })
    };
    let list = |places: &[&Value]| json!({ "type": "array", "items": places, "minItems": places.len(), "maxItems": places.len() });
    let open = |mut schema: Value| {
        schema["x-open"] = json!(true);
        schema
    };
    let (both, one) = (json!({ "a": text(), "b": text() }), json!({ "a": text() }));
    let whole = |format: &str| json!({ "type": "integer", "format": format });
    // The old one, the new one, what is said if clients send it, and if they get it.
    let table = [
        // Fields.
        (
            object(one.clone(), &["a"]),
            object(both.clone(), &["a", "b"]),
            "! `b` is new, and required",
            "`b` is new",
        ),
        (
            object(one.clone(), &["a"]),
            object(both.clone(), &["a"]),
            "`b` is new, and may",
            "`b` is new",
        ),
        (object(both.clone(), &["a"]), object(one.clone(), &["a"]), "`b` is gone", "! `b` is gone"),
        (
            closed(object(both.clone(), &["a"])),
            closed(object(one.clone(), &["a"])),
            "! `b` is gone, and fields that are not known are refused",
            "! `b` is gone",
        ),
        (
            object(one.clone(), &["a"]),
            object(one.clone(), &[]),
            "`a` may be missing now",
            "! `a` may be missing now: clients that exist take it for granted",
        ),
        (
            object(one.clone(), &[]),
            object(one.clone(), &["a"]),
            "! `a` is required now: clients that exist may leave it out",
            "`a` is required now",
        ),
        (object(one.clone(), &[]), closed(object(one.clone(), &[])), "it has no more fields", ""),
        // What a value may be.
        (text(), maybe(), "it may be `null` now", "! it may be `null` now: clients"),
        (maybe(), text(), "! it can no longer be `null`", "it can no longer be `null`"),
        (
            text(),
            json!({ "anyOf": [text(), { "type": "null" }] }),
            "it may be `null`",
            "! it may be `null`",
        ),
        (maybe(), json!({ "anyOf": [text(), { "type": "null" }] }), "", ""),
        (
            text(),
            whole("int32"),
            "! it is a whole number now, and was any text",
            "! it is a whole number",
        ),
        (
            whole("int32"),
            json!({ "type": "number" }),
            "it may be a number now",
            "! it may be a number now",
        ),
        (whole("int64"), whole("int32"), "! it is at least -2147483648 now", "it is at least"),
        (json!({}), text(), "! it can no longer be anything", "it can no longer be anything"),
        (text(), json!(true), "it may be anything now", "! it may be anything now"),
        // Names.
        (
            names(&["a"]),
            names(&["a", "b"]),
            "it may be `\"b\"` now",
            "! it may be `\"b\"` now: clients that exist do not know it, and it was not marked open",
        ),
        (
            open(names(&["a"])),
            open(names(&["a", "b"])),
            "it may be",
            "it may be `\"b\"` now; it is marked open",
        ),
        (names(&["a"]), open(names(&["a", "b"])), "it may be", "! it may be `\"b\"` now"),
        (names(&["a", "b"]), names(&["a"]), "! it can no longer be `\"b\"`", "it can no longer be"),
        (names(&["a"]), text(), "it may be any text now", "! it may be any text now"),
        (text(), names(&["a"]), "! it can no longer be any text", "it can no longer be any text"),
        (json!({ "oneOf": [{ "const": "a" }, names(&["b"])] }), names(&["b", "a"]), "", ""),
        // Objects that are told apart.
        (
            tagged(&["x"]),
            tagged(&["x", "y"]),
            "it may be an object with `t` = \"y\" now",
            "! it may be an object with `t` = \"y\" now",
        ),
        (
            tagged(&["x", "y"]),
            tagged(&["y"]),
            "! it can no longer be an object with `t` = \"x\"",
            "it can no longer be",
        ),
        // Lists.
        (
            list(&[&text()]),
            list(&[&text(), &text()]),
            "! it has at least 2 values now",
            "it has more values at its end",
        ),
        (
            list(&[&text(), &text()]),
            list(&[&text()]),
            "! it has fewer values",
            "! it has fewer values",
        ),
        (
            list(&[&text()]),
            list(&[&maybe()]),
            "`[0]` may be `null` now",
            "! `[0]` may be `null` now",
        ),
        (
            json!({ "type": "array", "items": text() }),
            json!({ "type": "array", "items": maybe() }),
            "`[]` may be",
            "! `[]` may be",
        ),
        // Rules.
        (
            text(),
            json!({ "type": "string", "maxLength": 9 }),
            "! it has at most 9 characters now",
            "it has at most 9",
        ),
        (
            text(),
            json!({ "type": "string", "format": "uuid" }),
            "! it has the format",
            "it has the format",
        ),
        (
            text(),
            json!({ "type": "string", "contentEncoding": "base64" }),
            "! it has the contentEncoding",
            "it has the",
        ),
        // Words alone.
        (
            text(),
            json!({ "type": "string", "description": "Words.", "title": "A", "default": "x" }),
            "",
            "",
        ),
    ];
    for (old, new, sent, got) in table {
        for (reader, words) in [(Reader::Server, sent), (Reader::Clients, got)] {
            let said = said(reader, &old, &new);
            let first = said.first().map_or("", |said| said);
            let is_so = if words.is_empty() { said.is_empty() } else { first.starts_with(words) };
            assert!(is_so, "{reader:?}, {old} to {new}: {said:?}, and not {words:?}");
        }
    }
}

#[test]
fn a_type_in_itself_is_compared_once_and_by_the_path_of_what_changed() {
    let tree = |of: &str| {
        let children = json!({ "type": "array", "items": { "$ref": "#/schemas/Tree" } });
        json!({ "Tree": object(json!({ "value": { "type": of }, "children": children }), &[]) })
    };
    let root = json!({ "anyOf": [{ "$ref": "#/schemas/Tree" }, { "type": "null" }] });
    let outer = object(json!({ "tree": root }), &[]);
    for reader in [Reader::Server, Reader::Clients] {
        let (old, new) =
            (with(reader, &outer, &tree("string")), with(reader, &outer, &tree("boolean")));
        assert_eq!(diff(&old, &old), []);
        assert_eq!(changes(&old, &new), ["! `tree.value` is true or false now, and was any text"]);
    }
    // Two maps are not one.
    let map = |of: &str| json!({ "type": "object", "additionalProperties": { "type": of } });
    let maps = |one, other| object(json!({ "one": map(one), "other": map(other) }), &[]);
    let said = said(Reader::Clients, &maps("string", "string"), &maps("string", "boolean"));
    assert_eq!(said, ["! `other[key]` is true or false now, and was any text"]);
    // One that is nothing but itself.
    let chain =
        json!({ "Chain": { "anyOf": [{ "$ref": "#/schemas/Chain" }, { "type": "null" }] } });
    let chain = with(Reader::Clients, &json!({ "$ref": "#/schemas/Chain" }), &chain);
    assert_eq!(diff(&chain, &chain), []);
}

/// What is said if one event, or the room, is changed so.
fn changed<T: Clone + Default>(
    put: impl Fn(&mut NamespaceContract, T),
    old: impl FnOnce(&mut T),
    new: impl FnOnce(&mut T),
) -> String {
    let (mut was, mut is) = (T::default(), T::default());
    old(&mut was);
    new(&mut is);
    let [old, new] = [was, is].map(|it| contract(|namespace| put(namespace, it)));
    assert_eq!(diff(&old, &old), []);
    changes(&old, &new).join("; ")
}

#[test]
fn what_a_client_is_refused_that_it_was_not_is_stricter() {
    let up = |old: fn(&mut Up), new: fn(&mut Up)| {
        changed(|namespace, up: Up| drop(namespace.up.insert("e".to_owned(), up)), old, new)
    };
    let stricter = "! it is stricter: ";
    assert!(up(|_| {}, |up| up.auth = true).starts_with(stricter));
    assert!(!up(|up| up.auth = true, |_| {}).starts_with('!'));
    assert!(up(|_| {}, |up| up.permission = Some("p".to_owned())).starts_with(stricter));
    assert!(!up(|up| up.permission = Some("p".to_owned()), |_| {}).starts_with('!'));
    assert!(
        up(|_| {}, |up| up.rate = Some(RateContract { count: 5, per_ms: 1000, burst: 5 }))
            .starts_with(stricter)
    );
    assert!(
        up(
            |up| up.rate = Some(RateContract { count: 5, per_ms: 1000, burst: 5 }),
            |up| up.rate = Some(RateContract { count: 9, per_ms: 2000, burst: 5 }),
        )
        .starts_with(stricter)
    );
    assert!(
        !up(
            |up| up.rate = Some(RateContract { count: 5, per_ms: 1000, burst: 5 }),
            |up| up.rate = Some(RateContract { count: 50, per_ms: 10_000, burst: 6 }),
        )
        .starts_with('!')
    );
    assert!(
        up(|up| up.by = Some(SentBy::Anyone), |up| up.by = Some(SentBy::Member))
            .starts_with(stricter)
    );
    assert!(
        !up(|up| up.by = Some(SentBy::Member), |up| up.by = Some(SentBy::Anyone)).starts_with('!')
    );
    assert!(
        up(|up| up.by = Some(SentBy::Join), |up| up.by = Some(SentBy::Anyone)).starts_with('!')
    );
    assert!(up(|_| {}, |up| up.room = Some("chat".to_owned())).starts_with(stricter));
    assert!(up(|up| up.once = Some("id".to_owned()), |_| {}).starts_with('!'));
    assert_eq!(
        up(
            |up| up.refusals = Some(vec!["full".to_owned()]),
            |up| up.refusals = Some(vec!["banned".to_owned()]),
        ),
        "it is refused as \"banned\" too; every client has to take refusals that it does not know; it is not \
         refused as \"full\" any more"
    );
}

#[test]
fn what_a_client_misses_that_it_got_breaks_it() {
    let down = |old: fn(&mut Down), new: fn(&mut Down)| {
        changed(|namespace, down: Down| drop(namespace.down.insert("e".to_owned(), down)), old, new)
    };
    assert!(down(|_| {}, |down| down.loss = LossContract::Volatile).starts_with('!'));
    assert!(!down(|down| down.loss = LossContract::Volatile, |_| {}).starts_with('!'));
    assert!(
        down(
            |down| down.loss = LossContract::Oldest(9),
            |down| down.loss = LossContract::Oldest(8)
        )
        .starts_with('!')
    );
    assert!(
        down(|down| down.session = true, |down| down.rooms = vec!["chat".to_owned()])
            .contains("! no session")
    );
    assert!(!down(|_| {}, |down| down.session = true).starts_with('!'));
    assert!(down(|_| {}, |down| down.throttle_ms = Some(9)).starts_with('!'));
    assert!(down(|_| {}, |down| down.acked_ms = Some(9)).starts_with('!'));
    let room = |old: fn(&mut RoomContract), new: fn(&mut RoomContract)| {
        changed(
            |namespace, room: RoomContract| drop(namespace.rooms.insert("r".to_owned(), room)),
            old,
            new,
        )
    };
    assert!(room(|room| room.history = Some(HistoryContract::default()), |_| {}).starts_with('!'));
    assert!(
        room(|room| room.presence = Some(crate::document::PresenceContract::default()), |_| {})
            .starts_with('!')
    );
    assert!(!room(|_| {}, |room| room.durable = true).starts_with('!'));
}

#[test]
fn an_event_that_is_gone_breaks_who_sends_it_or_waits_for_it() {
    let none = contract(|_| {});
    let up = contract(|namespace| drop(namespace.up.insert("e".to_owned(), Up::default())));
    let down = contract(|namespace| drop(namespace.down.insert("e".to_owned(), Down::default())));
    let ask = contract(|namespace| drop(namespace.ask.insert("e".to_owned(), Ask::default())));
    let untyped = contract(|namespace| namespace.untyped.push("e".to_owned()));
    let breaks = |old: &Document, new: &Document| {
        let changes = diff(old, new);
        assert_eq!(changes.len(), 1, "{changes:?}");
        changes[0].breaking
    };
    assert!(breaks(&up, &none) && !breaks(&none, &up));
    assert!(breaks(&down, &none) && !breaks(&none, &down));
    // Whoever is asked and does not know it, does not answer.
    assert!(!breaks(&ask, &none) && breaks(&none, &ask));
    assert!(breaks(&untyped, &none) && !breaks(&none, &untyped));
    assert!(breaks(&up, &untyped) && !breaks(&untyped, &up));
    let document = Document::default();
    assert!(breaks(&none, &document) && !breaks(&document, &none));
}

#[test]
fn an_answer_is_read_by_the_other_side() {
    let text = ReplyContract::Value(Some(json!({ "type": "string" })));
    let maybe = ReplyContract::Value(Some(json!({ "type": ["string", "null"] })));
    let up = |reply: &ReplyContract| {
        let up = Up { reply: reply.clone(), ..Up::default() };
        contract(|namespace| drop(namespace.up.insert("e".to_owned(), up)))
    };
    let ask = |reply: &ReplyContract| {
        let ask = Ask { reply: reply.clone(), ..Ask::default() };
        contract(|namespace| drop(namespace.ask.insert("e".to_owned(), ask)))
    };
    assert!(diff(&up(&text), &up(&maybe))[0].breaking);
    assert!(!diff(&up(&maybe), &up(&text))[0].breaking);
    assert!(!diff(&ask(&text), &ask(&maybe))[0].breaking);
    assert!(diff(&ask(&maybe), &ask(&text))[0].breaking);
    assert!(diff(&up(&text), &up(&ReplyContract::Nothing))[0].breaking);
    assert!(diff(&ask(&ReplyContract::Nothing), &ask(&text))[0].breaking);
}

#[test]
fn nothing_has_changed_in_a_contract_that_is_the_same() {
    for document in [samples::chat(), samples::shapes()] {
        assert_eq!(diff(&document, &document), []);
        let again = serde_json::to_string(&document).and_then(|text| serde_json::from_str(&text));
        assert_eq!(diff(&document, &again.expect("it is read again")), []);
    }
}

proptest! {
    #[test]
    fn a_schema_is_the_same_as_itself(schema in any_schema(), named in any_schema()) {
        for reader in [Reader::Server, Reader::Clients] {
            let document = with(reader, &schema, &json!({ "A": named }));
            prop_assert_eq!(diff(&document, &document.clone()), []);
        }
    }

    #[test]
    fn any_two_schemas_can_be_compared(one in any_schema(), other in any_schema(), named in any_schema()) {
        let schemas = json!({ "A": named });
        let forth = diff(&with(Reader::Server, &one, &schemas), &with(Reader::Server, &other, &schemas));
        let back = diff(&with(Reader::Server, &other, &schemas), &with(Reader::Server, &one, &schemas));
        prop_assert_eq!(forth.is_empty(), back.is_empty());
    }
}

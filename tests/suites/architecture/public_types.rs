//! Whose types are in what Salon shows: each of another crate is a promise about that crate's versions.
//!
//! It must never let one in without a reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

/// What is meant to be there, by the beginning of its path, and why.
const MEANT: &[(&str, &str)] = &[
    ("std::", "the standard library"),
    ("core::", "the standard library"),
    ("alloc::", "the standard library"),
    ("salon::store::", "Salon's own, of what keeps durable rooms"),
    ("salon_macros::", "Salon's own attributes and derive"),
    ("salon_contract::", "Salon's own, of what events are and carry"),
    ("salon_wire::", "Salon's own, of how protocols are written"),
    ("serde_core::", "the payloads of events are serde's to read and to write"),
    ("serde_derive::", "the prelude has the derives of what events are made of"),
    (
        "serde_json::value::Value",
        "JSON of which no type is known: data of refusals, untyped events",
    ),
    ("schemars::", "what an app derives for its contract, if it has one: feature `contract`"),
    ("serde_json::number::Number", "a number of such JSON, or of msgpack"),
    ("bytes::", "binary data, shared as actix-web shares it"),
    ("bytestring::ByteString", "text, shared as actix-web shares it"),
    ("actix_web::server::HttpServer", "Salon is given to one, by one line"),
    ("actix_web::config::", "Salon puts its routes into an app's"),
    ("actix_web::error::error::Error", "what an `HttpServer` is made of"),
    ("actix_service::", "what an `HttpServer` is made of"),
    ("actix_http::body::message_body::MessageBody", "what an `HttpServer` is made of"),
    ("actix_http::requests::request::Request", "what an `HttpServer` is made of"),
    ("actix_http::responses::response::Response", "what an `HttpServer` is made of"),
    ("actix_http::extensions::Extensions", "what `HttpServer::on_connect` hands over"),
    ("actix_http::header::map::HeaderMap", "the harness shows responses as actix-web does"),
    ("http::method::Method", "the harness sends requests as actix-web names them"),
    ("http::status::StatusCode", "the harness shows responses as actix-web does"),
];

/// The crates that are looked at.
const CRATES: [&str; 4] = ["salon", "salon_contract", "salon_wire", "salon_sqlite"];

/// What rustdoc knows of one of them.
struct Documented(Value);

impl Documented {
    /// What `tests/public_types.sh` has had rustdoc write.
    fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/doc");
        let file = folder.join(name).with_extension("json");
        let json = fs::read_to_string(&file).expect("tests/public_types.sh has rustdoc write it");
        Self(serde_json::from_str(&json).expect("rustdoc writes JSON"))
    }

    /// The types, traits and macros of other crates that public items name, each with where.
    fn of_others(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        let index = self.0["index"].as_object().expect("rustdoc has an index");
        for item in index.values().filter(|item| item["crate_id"] == 0) {
            let implementation = &item["inner"]["impl"];
            let is_anybodys = implementation["is_synthetic"] == true
                || implementation.get("blanket_impl").is_some_and(|of| !of.is_null());
            if !is_anybodys {
                self.walk(&item["inner"], &place(item), &mut found);
            }
        }
        found
    }

    fn walk(&self, value: &Value, place: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
        match value {
            Value::Object(object) => {
                let is_path = object.contains_key("path") || object.contains_key("source");
                if let Some(path) = object.get("id").filter(|_| is_path)
                    && let Some(path) = self.path_of_another(path)
                {
                    found.entry(path).or_default().insert(place.to_owned());
                }
                // Items by their ids are in the index themselves.
                object.values().for_each(|inner| self.walk(inner, place, found));
            }
            Value::Array(values) => values.iter().for_each(|inner| self.walk(inner, place, found)),
            _ => {}
        }
    }

    fn path_of_another(&self, id: &Value) -> Option<String> {
        let item = &self.0["paths"][id.to_string()];
        if item["crate_id"] == 0 {
            return None;
        }
        let names = item["path"].as_array()?.iter().filter_map(Value::as_str);
        Some(names.collect::<Vec<_>>().join("::"))
    }
}

/// Where an item is.
fn place(item: &Value) -> String {
    let (span, name) = (&item["span"], item["name"].as_str().unwrap_or("impl"));
    let file = span["filename"].as_str().unwrap_or_default();
    format!("{file}:{} {name}", span["begin"][0])
}

#[test]
#[ignore = "rustdoc has to write what it knows before: tests/public_types.sh"]
fn no_type_of_another_crate_is_public_but_those_that_are_meant_to_be() {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for (path, places) in CRATES.iter().flat_map(|name| Documented::read(name).of_others()) {
        found.entry(path).or_default().extend(places);
    }
    assert!(found.contains_key("serde_core::ser::Serialize"), "rustdoc's format is another one");
    let is_meant = |path: &str| MEANT.iter().any(|(meant, _)| path.starts_with(meant));
    let new: BTreeMap<_, _> = found.iter().filter(|(path, _)| !is_meant(path)).collect();
    assert!(new.is_empty(), "other crates' types are in public signatures: {new:#?}");
    let of_none = |(meant, _): &&(&str, &str)| !found.keys().any(|path| path.starts_with(meant));
    let idle: Vec<_> = MEANT.iter().filter(of_none).collect();
    assert!(idle.is_empty(), "these are not there: {idle:?}");
}

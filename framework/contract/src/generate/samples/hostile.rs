//! A contract whose names and descriptions are meant to be something else where they are shown.
//!
//! It must be made of JSON: no type has such names, but a document may come from anywhere.

use serde_json::json;

use crate::document::Document;

/// The contract of somebody with bad intentions.
pub(in crate::generate) fn hostile() -> Document {
    let evil = "*/ alert(1) /* </script><script>alert(2)</script> <!-- \u{2028} ` ${x} & \" ' {{id}} \r\n\t\0 ~1/";
    let schema = json!({
        "type": "object",
        "description": evil,
        "properties": {
            evil: { "type": "string", "description": evil, "default": evil, "format": evil },
            // Not `__proto__`: the AsyncAPI parser takes that for what a schema inherits from.
            "prototype": { "const": evil },
            "constructor": { "enum": [evil, 1.5, null, true, { evil: [evil] }] },
        },
        "required": [evil, "no property"],
    });
    let payload = json!({ "carries": "one", "schema": { "$ref": format!("#/schemas/{evil}") } });
    let several = json!({
        "carries": "several",
        "schema": { "type": "array", "items": [{ "$ref": "#/schemas/a b" }, { "$ref": "#/schemas/any" }] },
    });
    let up = json!({
        "payload": payload, "reply": { "value": { "$ref": "#/schemas/any" } }, "room": evil, "key": evil,
        "by": "join", "refusals": [evil], "permission": evil, "once": evil,
        "rate": { "count": 1, "per_ms": 1, "burst": 1 },
    });
    let down = json!({ "payload": several, "rooms": [evil], "loss": { "oldest": 3 } });
    let nothing = json!({
        "payload": { "carries": "nothing" }, "description": evil, "reply": "nothing", "auth": true,
    });
    let namespace = json!({
        "hash": evil,
        "up": { evil: up, "__proto__": up, "a:b": nothing, "a.b": nothing },
        "down": { evil: down, "__proto__": down },
        "ask": { evil: { "payload": payload, "reply": { "value": null } } },
        "rooms": { evil: { "presence": { "meta": { "$ref": "#/schemas/any" } } }, "__proto__": { "presence": {} } },
        "untyped": [evil, "/"],
    });
    let document = json!({
        "salon_contract": 1,
        "hash": evil,
        "namespaces": { "/": namespace, evil: namespace, "/a-b": {
            "up": {}, "down": {}, "ask": {}, "rooms": {},
        } },
        "schemas": { evil: schema, "any": true, "Contract": { "not": {} }, "a b": false, "a-b": { "items": [true] } },
        "warnings": [evil],
    });
    serde_json::from_value(document).expect("it is a contract")
}

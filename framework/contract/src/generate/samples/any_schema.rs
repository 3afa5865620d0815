//! Schemas of every form, also of none that a type has.
//!
//! It must be able to make what refers to itself, and to nothing.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Any of them; it may refer to one that is called `A`.
pub(in crate::generate) fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        Just(json!(null)),
        Just(json!({ "$ref": "#/schemas/A" })),
        Just(json!({ "$ref": "#/schemas/No" })),
        ".{0,6}".prop_map(|text| json!({ "const": text, "description": text })),
        (any::<i32>(), any::<i32>()).prop_map(
            |(least, most)| json!({ "type": "integer", "minimum": least, "maximum": most, "format": "int64" })
        ),
        prop::collection::vec("[a-c*/\"]{0,3}", 0..4).prop_map(|names| json!({ "enum": names })),
        prop::sample::subsequence(vec!["string", "null", "array", "object", "number", "x"], 0..4)
            .prop_map(|kinds| json!({ "type": kinds, "nullable": true })),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..4);
        let fields = prop::collection::btree_map("[a-c*/ ]{0,3}", inner.clone(), 0..4);
        prop_oneof![
            (prop_oneof![Just("oneOf"), Just("anyOf"), Just("allOf")], list(), any::<bool>())
                .prop_map(|(key, list, open)| json!({ key: list, "x-open": open })),
            (fields, prop::collection::vec("[a-d]", 0..3), inner.clone(), any::<bool>()).prop_map(
                |(fields, required, rest, has_rest)| {
                    let mut schema =
                        json!({ "type": "object", "properties": fields, "required": required });
                    if has_rest {
                        schema["additionalProperties"] = rest;
                    }
                    schema
                }
            ),
            (list(), 0..4_u8, 0..4_u8).prop_map(
                |(list, least, most)| json!({ "items": list, "minItems": least, "maxItems": most })
            ),
            inner.prop_map(|of| json!({ "type": "array", "items": of })),
        ]
    })
}

//! Any packet, for the properties that every parser has.

use bytestring::ByteString;
use proptest::prelude::*;
use salon_contract::payload::{Binary, IntoPayload, Payload, Value};
use salon_wire::socket_io::Packet;

/// Any value of a few levels.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(|bytes| Binary::from(bytes).into()),
    ];
    leaf.prop_recursive(3, 16, 4, |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((".{0,4}", value), 0..4).prop_map(Value::Object),
        ]
    })
}

/// Any packet that a client may send.
pub(crate) fn any_packet() -> impl Strategy<Value = Packet> {
    let namespace =
        || prop_oneof![Just(ByteString::from("/")), "/[^,?]{1,12}".prop_map(ByteString::from)];
    let arguments = || {
        prop::collection::vec(any_value(), 0..4)
            .prop_map(|values| values.into_payload().expect("values have a JSON form"))
    };
    let auth = || {
        prop::option::of(prop::collection::vec((".{0,4}", any::<i64>()), 0..3)).prop_map(
            |entries| {
                let entries =
                    entries?.into_iter().map(|(key, value)| (key, value.into())).collect();
                let arguments = Payload::encode_single(&Value::Object(entries));
                Some(ByteString::from(arguments.expect("values have a JSON form").json()))
            },
        )
    };
    prop_oneof![
        (namespace(), auth()).prop_map(|(namespace, auth)| Packet::Connect { namespace, auth }),
        namespace().prop_map(|namespace| Packet::Disconnect { namespace }),
        (namespace(), any::<Option<u64>>(), "x.{0,12}", arguments()).prop_map(
            |(namespace, id, name, arguments)| Packet::Event {
                namespace,
                id,
                name: name.into(),
                arguments
            }
        ),
        (namespace(), any::<u64>(), arguments())
            .prop_map(|(namespace, id, arguments)| Packet::Ack { namespace, id, arguments }),
    ]
}

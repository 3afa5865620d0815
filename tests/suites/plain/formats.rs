//! Whatever its client speaks, the same happening is told the same; and what is no frame harms nobody else.

use salon::{Value as Any, testing::Wire, wire::engine_io::Message};
use serde_json::{Value, json};

use crate::{
    msgpack::{Packed, packed},
    plain::{Plain, lab},
    polled::ADA,
};

/// A value as both formats have it: bytes as base64.
fn as_json(value: &Any) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    match value {
        Any::Binary(bytes) => json!(STANDARD.encode(&**bytes)),
        Any::Array(values) => values.iter().map(as_json).collect(),
        Any::Object(entries) => {
            Value::Object(entries.iter().map(|(key, it)| (key.clone(), as_json(it))).collect())
        }
        other => serde_json::to_value(other).expect("JSON"),
    }
}

/// Without what each session has of its own.
fn normal(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(normal),
        Value::Object(entries) => {
            for own in ["session", "secret", "send", "epoch"] {
                entries.remove(own);
            }
            entries.values_mut().for_each(normal);
        }
        _ => {}
    }
}

/// The same happening is told alike, in the same order.
#[salon::test]
async fn all_wires_are_told_the_same() {
    let mut told: Vec<(Wire, Vec<Value>)> = Vec::new();
    for wire in [Wire::Plain, Wire::PlainMsgpack, Wire::EventStream, Wire::PlainPolling] {
        let lab = lab().await?;
        let client = lab.visitor().wire(wire).header("authorization", ADA).open().await?;
        let send = |frame: &Value| match wire {
            Wire::PlainMsgpack => client.send_raw(packed(frame)),
            _ => client.send_raw(Message::Text(frame.to_string().into())),
        };
        for frame in [
            json!([1, "chat:join", { "room": "a" }]),
            json!(["chat:say", { "room": "a", "text": "x" }]),
            json!([2, "chat:say", { "room": "a", "text": "y", "to_others": true }]),
            json!(["refuse", { "code": "busy", "retry_after_ms": 7 }]),
            json!([3, "refuse", { "code": "panic" }]),
            json!([4, "nonsense"]),
            json!(["salon:leave", { "room": "chat:b" }]),
            json!([5, "salon:replay", { "room": "chat:a", "epoch": "zzz", "after": 0 }]),
            json!([6, "hall:enter", { "hall": 1 }]),
            json!([7, "turn", { "bytes": "AQL/" }]),
            json!([8, "consult"]),
            json!([-1, null, { "code": "no", "message": "no" }]),
            json!([9, "consult"]),
            json!([-2, "green"]),
            json!([10, "pay", { "amount": 1 }, { "$": { "key": "a" } }]),
            json!([11, "pay", { "amount": 1 }, { "$": { "key": "a" } }]),
            json!([12, "rare"]),
            json!([13, "rare"]),
            json!([14, "greet", 7]),
            json!([15, "salon:refresh", { "token": "nonsense" }]),
            json!(["end", { "how": "disconnect" }]),
        ] {
            send(&frame);
            lab.settle().await;
        }
        let mut heard = Vec::new();
        loop {
            let mut frame = match client.expect_raw().await {
                Message::Text(text) => serde_json::from_str(&text)?,
                Message::Binary(bytes) => as_json(&rmp_serde::from_slice(&bytes).expect("a value")),
            };
            normal(&mut frame);
            let is_last = frame[0] == "salon:bye";
            heard.push(frame);
            if is_last {
                break;
            }
        }
        told.push((wire, heard));
    }
    let (_, first) = &told[0];
    for (wire, heard) in &told[1..] {
        for (one, other) in first.iter().zip(heard) {
            assert_eq!(one, other, "{wire:?}");
        }
        assert_eq!(first.len(), heard.len(), "{wire:?}");
    }
    assert!(first.len() > 20, "{first:#?}");
}

/// What came in one format is replayed in the other.
#[salon::test]
async fn history_is_replayed_in_the_format_of_who_asks() {
    let lab = lab().await?;
    let json = Plain::come(&lab, "token-eve").await?;
    json.says(&json!([1, "chat:join", { "room": "a" }]));
    let joined = json.hears_of("salon:joined").await;
    json.is_answered(1).await;
    for text in 1..=3 {
        json.says(&json!([9, "chat:say", { "room": "a", "text": text.to_string() }]));
        json.is_answered(9).await;
    }
    let client = Packed::come(&lab, "token-ada").await?;
    let after = json!({ "$": { "after": { "epoch": joined["epoch"], "seq": 1 } } });
    client.says(&json!([1, "chat:join", { "room": "a" }, after]));
    let joined = client.hears().await;
    assert_eq!(
        (&joined[1]["resumed"], &joined[1]["replay"]),
        (&json!(true), &json!(2)),
        "{joined}"
    );
    for text in ["2", "3"] {
        let said = client.hears().await;
        assert_eq!((&said[0], &said[1]["text"]), (&json!("chat:said"), &json!(text)));
    }
    assert_eq!(client.hears().await, json!([-1, true]));
    client.says(&json!([2, "chat:say", { "room": "a", "text": "4" }]));
    client.hears().await;
    client.hears().await;
    json.hears_of("chat:said").await;
    json.says(&json!([2, "salon:replay", { "room": "chat:a", "epoch": joined[1]["epoch"], "after": 2, "to": 4 }]));
    assert_eq!(json.hears_of("chat:said").await["text"], "3");
    assert_eq!(json.hears_of("chat:said").await["text"], "4");
    json.is_answered(2).await;
}

/// Messages that no encoder writes: each ends its connection alone, or is an event like others.
#[salon::test]
async fn whatever_comes_as_msgpack_is_a_frame_or_ends_its_connection_by_a_bye() {
    let lab = lab().await?;
    let mut nested = vec![0x92, 0xa1, b'a'];
    nested.extend([0x91; 200_000]);
    let hostile: Vec<Vec<u8>> = vec![
        vec![0x92, 0xa1, b'a', 0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xc6, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xc9, 0xff, 0xff, 0xff, 0xff, 1],
        vec![0x92, 0xa1, b'a', 0xc1],
        vec![0x92, 0xa1, b'a', 0xc7, 0, 5],
        vec![0x92, 0xa1, b'a', 0x81, 1, 2],
        vec![0x92, 0xa1, b'a', 0x81, 0xc0, 2],
        vec![0x92, 0xc4, 1, b'a', 1],
        vec![0x92, 0xa1, 0xff, 1],
        vec![0x81, 0xa1, b'a', 1],
        vec![0xca, 0, 0, 0, 0],
        vec![0x92, 0xca, 0x3f, 0x80, 0, 0, 0xa1, b'a'],
        vec![0x92, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 0xa1, b'a'],
        vec![0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a'],
        vec![0x92, 0xd4, 0, 0, 0xa1, b'a'],
        vec![0x90, 0x90],
        vec![0x91, 0x90],
        nested,
    ];
    for bytes in hostile {
        let client = Packed::come(&lab, "token-ada").await?;
        let shown = format!("{:x?}", &bytes[..bytes.len().min(16)]);
        client.sends(bytes);
        client.says(&json!([1, "count"]));
        let frame = client.hears().await;
        assert_eq!(
            (&frame[0], &frame[1]["code"]),
            (&json!("salon:bye"), &json!("bad_frame")),
            "{shown}: {frame}"
        );
    }
    // Fakes beside the real thing.
    let client = Packed::come(&lab, "token-ada").await?;
    let fake = json!({ "_placeholder": true, "num": 0 });
    client.says(&json!([1, "turn", { "bytes": fake }]));
    assert_eq!(client.hears().await[2]["code"], "invalid_payload");
    // Nobody could say which of the two stands for the bytes.
    let both =
        b"\x93\x02\xa4turn\x82\xa5bytes\x82\xac_placeholder\xc3\xa3num\x00\xa5other\xc4\x01\x07";
    client.sends(both.to_vec());
    assert_eq!(client.hears().await[1]["code"], "bad_frame");
}

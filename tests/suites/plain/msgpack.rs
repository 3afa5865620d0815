//! The same frames as MessagePack: binary messages, in which bytes are bytes.

use salon::{
    Binary,
    testing::{Client, Failure, Lab, Wire},
    wire::engine_io::Message,
};
use serde::Serialize;
use serde_json::json;

use crate::{parlour::SECOND, plain::lab};

/// A client that writes its frames itself.
pub(crate) struct Packed(pub(crate) Client);

impl Packed {
    /// Opens a WebSocket, and says who it is.
    pub(crate) async fn come(lab: &Lab, token: &str) -> Result<Self, Failure> {
        let client = Self(lab.visitor().wire(Wire::PlainMsgpack).open().await?);
        client.says(&("salon:connect", json!({ "token": token })));
        let welcome = client.hears().await;
        assert_eq!(welcome[0], "salon:welcome", "{welcome}");
        Ok(client)
    }

    pub(crate) fn says(&self, frame: &impl Serialize) {
        self.0.send_raw(packed(frame));
    }

    pub(crate) fn sends(&self, bytes: Vec<u8>) {
        self.0.send_raw(Message::Binary(bytes.into()));
    }

    pub(crate) async fn hears_bytes(&self) -> Vec<u8> {
        match self.0.expect_raw().await {
            Message::Binary(bytes) => bytes.to_vec(),
            Message::Text(text) => panic!("a text: {text}"),
        }
    }

    pub(crate) async fn hears(&self) -> serde_json::Value {
        let bytes = self.hears_bytes().await;
        rmp_serde::from_slice(&bytes).unwrap_or_else(|error| panic!("{bytes:x?}: {error}"))
    }

    async fn is_parted_with(&self, code: &str, close_code: u16) {
        let bye = self.hears().await;
        assert_eq!((&bye[0], &bye[1]["code"]), (&json!("salon:bye"), &json!(code)));
        let closed = self.0.closed().await;
        assert_eq!((closed.close_code, closed.reason.as_deref()), (Some(close_code), Some(code)));
    }
}

/// A frame as a message.
pub(crate) fn packed(frame: &impl Serialize) -> Message {
    let bytes = rmp_serde::to_vec_named(frame).expect("a frame has a form");
    Message::Binary(bytes.into())
}

#[salon::test]
async fn frames_mean_what_they_mean_in_json() {
    let lab = lab().await?;
    let client = Packed::come(&lab, "token-ada").await?;
    client.says(&(1, "greet", json!({ "name": "Ada" })));
    assert_eq!(client.hears().await, json!([-1, "Hello, Ada"]));
    client.says(&(2, "nonsense"));
    let refused = client.hears().await;
    assert_eq!((&refused[0], &refused[2]["code"]), (&json!(-2), &json!("unknown_event")));
    client.says(&("greet", json!({})));
    let refused = client.hears().await;
    assert_eq!((&refused[0], &refused[1]["event"]), (&json!("salon:refused"), &json!("greet")));
}

#[salon::test]
async fn bytes_come_and_go_as_bytes() {
    let lab = lab().await?;
    let client = Packed::come(&lab, "token-ada").await?;
    // {"bytes": <01 02 ff>}
    let turn = |bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("a few");
        [b"\x93\x01\xa4turn\x81\xa5bytes\xc4", &[length][..], bytes].concat()
    };
    client.sends(turn(&[1, 2, 255]));
    assert_eq!(client.hears_bytes().await, b"\x92\xa6turned\x81\xa5bytes\xc4\x03\xff\x02\x01");
    assert_eq!(client.hears_bytes().await, b"\x92\xff\xc4\x03\xff\x02\x01");
    client.sends(turn(&[]));
    assert_eq!(client.hears_bytes().await, b"\x92\xa6turned\x81\xa5bytes\xc4\x00");
    assert_eq!(client.hears_bytes().await, b"\x92\xff\xc4\x00");
    // A client that has them as a text, or as a list, is understood as well.
    client.says(&(2, "turn", json!({ "bytes": "AQL/" })));
    assert_eq!(client.hears_bytes().await, b"\x92\xa6turned\x81\xa5bytes\xc4\x03\xff\x02\x01");
    assert_eq!(client.hears_bytes().await, b"\x92\xfe\xc4\x03\xff\x02\x01");
}

#[salon::test]
async fn what_is_published_to_all_has_its_bytes_for_each_in_the_form_that_it_speaks() {
    let lab = lab().await?;
    let mut clients = Vec::new();
    for wire in Wire::ALL {
        let visitor = lab.visitor().wire(wire).auth(json!({ "token": "token-ada" }));
        clients.push(visitor.connect().await?);
    }
    lab.salon().namespace("/").emit_named("mixed", (Binary::from(vec![1, 2, 255]), 7));
    for (client, wire) in clients.iter().zip(Wire::ALL) {
        let mixed = client.expect_named("mixed").await;
        let first = mixed.payload.get::<Binary>(0)?;
        assert_eq!((&*first, mixed.payload.get::<u8>(1)?), (&[1, 2, 255][..], 7), "{wire:?}");
    }
}

#[salon::test]
async fn what_is_no_frame_ends_the_connection_with_a_bye() {
    let lab = lab().await?;
    let two = [&[0x91, 0xa1, b'a'][..]; 2].concat();
    let control = rmp_serde::to_vec_named(&("salon:nonsense",))?;
    for wrong in [vec![], vec![0xc0], vec![0x91], vec![0x92, 0, 0xa1, b'a'], two, control] {
        let client = Packed::come(&lab, "token-ada").await?;
        client.sends(wrong.clone());
        client.says(&(1, "count"));
        client.is_parted_with("bad_frame", 4400).await;
    }
    let client = Packed::come(&lab, "token-ada").await?;
    client.0.send_raw(Message::Text("[1,\"count\"]".into()));
    client.is_parted_with("bad_frame", 4400).await;
}

#[salon::test]
async fn heartbeats_by_message_are_empty_lists_both_ways() {
    let lab = lab().await?;
    let client = Packed::come(&lab, "token-ada").await?;
    client.sends(vec![0x90]);
    assert_eq!(client.hears_bytes().await, [0x90], "one is answered by one");
    client.says(&("salon:connect", json!(null), json!({ "$": { "heartbeat": "message" } })));
    lab.settle().await;
    for _ in 0..3 {
        lab.advance(25 * SECOND).await;
        assert_eq!(client.hears_bytes().await, [0x90]);
        client.sends(vec![0x90]);
    }
    lab.advance(25 * SECOND).await;
    assert_eq!(client.hears_bytes().await, [0x90]);
    lab.advance(20 * SECOND).await;
    assert!(!client.0.is_connected(), "one that gives none is not there");
}

#[salon::test]
async fn a_frame_of_one_byte_more_than_a_message_may_have_closes_the_websocket() {
    let lab = lab().await?;
    let client = Packed::come(&lab, "token-ada").await?;
    let frame = |length: usize| rmp_serde::to_vec_named(&(1, "greet", "x".repeat(length)));
    let front = frame(1_000_000)?.len() - 1_000_000;
    client.sends(frame(1_000_000 - front)?);
    let refused = client.hears().await;
    assert_eq!(refused[2]["code"], "invalid_payload", "{refused}");
    client.sends(frame(1_000_001 - front)?);
    assert_eq!(client.0.closed().await.close_code, Some(1009));
}

//! Packets as MessagePack maps, with the keys and in the order that the reference sends.
//!
//! It must never write a key without a value: to the reference's checks `nil` is not "missing".

use salon_contract::payload::{Payload, PayloadError, Value};
use serde::Serialize;

use crate::{engine_io::Message, socket_io::Packet};

#[derive(Serialize)]
struct Map<'a> {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    nsp: &'a str,
}

/// The message of `packet`, if its arguments can be read.
pub(super) fn encode(packet: &Packet) -> Option<Message> {
    let nsp = packet.namespace();
    let map = match packet {
        Packet::Connect { auth, .. } => {
            let data = auth.as_deref().map(serde_json::from_str).transpose().ok()?;
            Map { kind: 0, data, id: None, nsp }
        }
        Packet::Disconnect { .. } => Map { kind: 1, data: None, id: None, nsp },
        Packet::Event { id, name, arguments, .. } => {
            let data = list(Some(name), arguments).ok()?;
            Map { kind: 2, data: Some(data), id: *id, nsp }
        }
        Packet::Ack { id, arguments, .. } => {
            let data = list(None, arguments).ok()?;
            Map { kind: 3, data: Some(data), id: Some(*id), nsp }
        }
        Packet::ConnectError { data, .. } => {
            Map { kind: 4, data: Some(serde_json::from_str(data).ok()?), id: None, nsp }
        }
    };
    rmp_serde::to_vec_named(&map).ok().map(|bytes| Message::Binary(bytes.into()))
}

/// The event's name, if it is one, and the arguments.
fn list(name: Option<&str>, arguments: &Payload) -> Result<Value, PayloadError> {
    let mut list: Vec<Value> = name.into_iter().map(Value::from).collect();
    list.append(&mut arguments.values()?);
    Ok(Value::Array(list))
}

//! Socket.IO's form of what is published: its packets, by the parser of the Salon.
//!
//! It must never change what is published: what an order says of an event is one more argument of it,
//! and here alone.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::{Value, json, to_writer};

use crate::{
    base::refusal::{Code, Refusal},
    message::{Codec, CodecId, Content, FRONT, Form, Layer, Ordered, Welcome, as_acknowledgement},
    payload::{Payload, with_json},
    wire::socket_io::{PacketRef, Parser},
};

/// Answers a CONNECT.
#[derive(Serialize)]
struct Connected<'a> {
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
}

/// Refuses one.
#[derive(Serialize)]
struct NotConnected<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

/// Writes Socket.IO.
pub(crate) struct SocketIoCodec {
    parser: Arc<dyn Parser>,
}

impl SocketIoCodec {
    pub(crate) fn new(parser: Arc<dyn Parser>) -> Self {
        Self { parser }
    }

    fn packet(&self, packet: PacketRef<'_>) -> Form {
        match self.parser.encode_behind(FRONT, packet) {
            Some(text) => Form::of_text(text, Layer::EngineIo),
            None => Form::of_messages(self.parser.encode(&packet.to_packet()), Layer::EngineIo),
        }
    }
}

impl Codec for SocketIoCodec {
    fn id(&self) -> CodecId {
        CodecId::SocketIo
    }

    fn form(&self, content: &Content) -> Form {
        let packet = match content {
            Content::Event { namespace, name, payload: arguments, order, question } => {
                let id = *question;
                if let Some(order) = order.as_ref().filter(|order| is_told(order, arguments)) {
                    let form = |last: &str| {
                        let last = Some(last);
                        self.packet(PacketRef::Event { namespace, id, name, arguments, last })
                    };
                    return with_json(|json| put(order, json), form);
                }
                PacketRef::Event { namespace, id, name, arguments, last: None }
            }
            Content::Answer { namespace, id, payload: arguments, is_refusal: false } => {
                PacketRef::Ack { namespace, id: *id, arguments }
            }
            Content::Answer { namespace, id, payload, is_refusal: true } => {
                let arguments = &as_acknowledgement(payload.json());
                return self.packet(PacketRef::Ack { namespace, id: *id, arguments });
            }
            Content::Connected { namespace, welcome } => {
                let auth = &connected(welcome);
                return self.packet(PacketRef::Connect { namespace, auth: Some(auth) });
            }
            Content::NotConnected { namespace, refusal } => {
                let data = &not_connected(refusal);
                return self.packet(PacketRef::ConnectError { namespace, data });
            }
            Content::Disconnected { namespace } => PacketRef::Disconnect { namespace },
            // Whoever has sessions gets no messages beside them.
            Content::Message(_) => return Form::nothing(),
        };
        self.packet(packet)
    }
}

fn connected(welcome: &Welcome) -> ByteString {
    let connected = Connected { sid: &welcome.session, pid: welcome.private_id.as_deref() };
    with_json(|json| to_writer(json, &connected), |text| text.into())
}

fn not_connected(refusal: &Refusal) -> ByteString {
    let data = match refusal.data() {
        Some(data) => Some(data.clone()),
        // The reference's refusal of an unknown namespace has no data.
        None if *refusal.code() == Code::NotFound => None,
        None => Some(json!({ "code": refusal.code().as_str() })),
    };
    let not_connected = NotConnected { message: refusal.message(), data };
    with_json(|json| to_writer(json, &not_connected), |text| text.into())
}

/// Whether an event has something of an order as its last argument.
fn is_told(order: &Ordered, arguments: &Payload) -> bool {
    match order {
        Ordered::InRoom(_) | Ordered::Kept(_) => true,
        // A text in the last place would be taken for something else: it is not to be there. Clients
        // look at the event's name as well.
        Ordered::Outside => {
            let json = arguments.json().trim_end();
            json.is_empty() || json.ends_with('"')
        }
    }
}

/// What clients are told of an order.
fn put(order: &Ordered, json: &mut Vec<u8>) -> serde_json::Result<()> {
    match order {
        Ordered::InRoom(position) => to_writer(json, position),
        // They name it as they got it: a text.
        Ordered::Kept(offset) => to_writer(json, &format_args!("{offset}")),
        Ordered::Outside => to_writer(json, &()),
    }
}

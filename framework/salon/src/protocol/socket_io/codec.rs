//! Socket.IO's form of what is published: its packets, by the parser of the Salon.
//!
//! It must never change what is published: what an order says of an event is one more argument of it,
//! and here alone.

use std::sync::Arc;

use serde_json::to_writer;

use crate::{
    message::{Codec, CodecId, Content, FRONT, Form, Layer, Ordered},
    payload::with_json,
    wire::socket_io::{PacketRef, Parser},
};

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
            Some(text) => Form::of_text(text),
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
            Content::Event { namespace, name, payload: arguments, order: None, question } => {
                PacketRef::Event { namespace, id: *question, name, arguments, last: None }
            }
            Content::Event {
                namespace,
                name,
                payload: arguments,
                order: Some(order),
                question,
            } => {
                let id = *question;
                let form = |last: &str| {
                    let last = Some(last);
                    self.packet(PacketRef::Event { namespace, id, name, arguments, last })
                };
                return with_json(|json| put(order, json), form);
            }
            Content::Answer { namespace, id, payload: arguments } => {
                PacketRef::Ack { namespace, id: *id, arguments }
            }
            Content::Connected { namespace, session } => {
                PacketRef::Connect { namespace, auth: session.as_ref() }
            }
            Content::NotConnected { namespace, error: data } => {
                PacketRef::ConnectError { namespace, data }
            }
            Content::Disconnected { namespace } => PacketRef::Disconnect { namespace },
            // Whoever has sessions gets no messages beside them.
            Content::Message(_) => return Form::nothing(),
        };
        self.packet(packet)
    }
}

/// What clients are told of an order.
fn put(order: &Ordered, json: &mut Vec<u8>) -> serde_json::Result<()> {
    match order {
        Ordered::InRoom(place) => to_writer(json, place),
        // They name it as they got it: a text.
        Ordered::Kept(number) => to_writer(json, &format_args!("{number}")),
    }
}

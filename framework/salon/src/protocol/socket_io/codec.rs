//! Socket.IO's form of what is published: its packets, by the parser of the Salon.
//!
//! It must never change what is published: what an order says of an event is one more argument of it,
//! and here alone.

use std::sync::Arc;

use serde_json::to_writer;

use crate::{
    message::{Codec, CodecId, Content, FRONT, Form, Layer, Ordered},
    payload::{Payload, with_json},
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

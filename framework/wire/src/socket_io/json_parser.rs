//! Socket.IO as most speak it: packets as JSON text.
//!
//! It must never be told apart from outside: what holds of it holds of every parser.

use super::{
    Packet, PacketRef,
    decoder::JsonDecoder,
    encoder,
    messages::Messages,
    packet_limits::PacketLimits,
    parser::{Decoder, Parser},
};

/// The default parser of Socket.IO: JSON text, and attachments as binary messages.
///
/// Source: <https://socket.io/docs/v4/socket-io-protocol/#packet-encoding>.
///
/// ```
/// use salon_wire::{engine_io::Message, socket_io::{JsonParser, Packet, PacketLimits, Parser}};
///
/// let mut decoder = JsonParser.decoder(&PacketLimits::default());
/// let packet = decoder.decode(Message::Text(r#"0/admin,{"token":"t"}"#.into()))?;
/// let expected =
///     Packet::Connect { namespace: "/admin".into(), auth: Some(r#"{"token":"t"}"#.into()) };
/// assert_eq!(packet, Some(expected));
/// # Ok::<(), salon_wire::socket_io::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonParser;

impl Parser for JsonParser {
    fn encode(&self, packet: &Packet) -> Messages {
        encoder::encode(packet.into())
    }

    fn encode_behind(&self, front: &str, packet: PacketRef<'_>) -> Option<String> {
        encoder::encode_behind(front, packet)
    }

    fn decoder(&self, limits: &PacketLimits) -> Box<dyn Decoder> {
        Box::new(JsonDecoder::new(limits))
    }
}

//! Socket.IO packets as MessagePack, each one binary message, attachments within.
//!
//! Compatible with npm socket.io-msgpack-parser 3. It must never let one parser's packets differ
//! from the other's: what a handler sees is JSON and attachments, whatever came over the wire.

mod decoder;
mod encoder;
mod extension;
mod text;
mod timestamp;
mod transcode;

use self::decoder::MsgpackDecoder;
pub(crate) use self::transcode::to_json;
pub use crate::socket_io::MsgpackError;

use crate::socket_io::{Decoder, Messages, Packet, PacketLimits, Parser};

/// The msgpack parser of Socket.IO (npm socket.io-msgpack-parser).
///
/// A packet is the map `{type, nsp, data, id}`, of which the last two may be missing; what else a
/// client puts there (`options`, `attachments`) is ignored. Dates become the text that JSON gives
/// them, `undefined` is left out of objects and is null in lists, `ArrayBuffer`s are attachments.
///
/// ```
/// use salon_contract::payload::IntoPayload;
/// use salon_wire::{msgpack::MsgpackParser, socket_io::{Packet, PacketLimits, Parser}};
///
/// let packet = Packet::Event {
///     namespace: "/".into(),
///     id: None,
///     name: "hello".into(),
///     arguments: (1, "two").into_payload()?,
/// };
/// let messages = MsgpackParser.encode(&packet);
/// let mut decoder = MsgpackParser.decoder(&PacketLimits::default());
/// assert_eq!(decoder.decode(messages[0].clone())?, Some(packet));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MsgpackParser;

impl Parser for MsgpackParser {
    /// One binary message. There is none for arguments that [`values`] cannot read, which only
    /// `Payload::from_parts` can hold: text that is no JSON, or nested beyond 127 levels.
    ///
    /// [`values`]: salon_contract::Payload::values
    fn encode(&self, packet: &Packet) -> Messages {
        encoder::encode(packet).into_iter().collect()
    }

    fn decoder(&self, limits: &PacketLimits) -> Box<dyn Decoder> {
        Box::new(MsgpackDecoder::new(limits))
    }
}

//! The body of a polling request or response: packets joined by a separator.
//!
//! Source: <https://socket.io/docs/v4/engine-io-protocol/#http-long-polling-1>. It must never look
//! beyond the first bad packet: a body of a million separators costs as much as one.

use bytes::Bytes;
use bytestring::ByteString;

use super::packet::{Packet, PacketError};

/// Between two packets of a payload: the record separator of ASCII. No JSON contains it unescaped.
pub const SEPARATOR: u8 = 0x1e;

/// What a payload holds, up to its end or its first error.
///
/// The reference handles the packets before a bad one and then closes the session, so both are
/// given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The packets before the end or the error, in order.
    pub packets: Vec<Packet>,
    /// Why decoding stopped early, if it did.
    pub error: Option<PayloadError>,
}

/// Decodes a request body of at most `max_packets` packets, each a window into `body`.
///
/// ```
/// use salon_wire::engine_io::{Packet, payload};
///
/// let payload = payload::decode("2\x1e6\x1eX".into(), 10);
/// assert_eq!(payload.packets, [Packet::Ping("".into()), Packet::Noop]);
/// assert!(payload.error.is_some());
/// ```
#[must_use]
pub fn decode(body: Bytes, max_packets: usize) -> Payload {
    let mut payload = Payload { packets: Vec::new(), error: None };
    for packet in Packets::new(body, max_packets) {
        match packet {
            Ok(packet) => payload.packets.push(packet),
            Err(error) => payload.error = Some(error),
        }
    }
    payload
}

/// The packets of a request body, each decoded when it is asked for, up to the end or the first error.
///
/// ```
/// use salon_wire::engine_io::{Packet, payload::Packets};
///
/// let mut packets = Packets::new("2\x1eX".into(), 10);
/// assert_eq!(packets.next(), Some(Ok(Packet::Ping("".into()))));
/// assert!(packets.next().is_some_and(|packet| packet.is_err()));
/// assert_eq!(packets.next(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Packets {
    /// Nothing behind the end.
    rest: Option<Bytes>,
    index: usize,
    max_packets: usize,
}

impl Packets {
    /// Those of a body of at most `max_packets` packets, each a window into it.
    #[must_use]
    pub fn new(body: Bytes, max_packets: usize) -> Self {
        Self { rest: Some(body), index: 0, max_packets }
    }

    /// The packet that is next, as it came: undecoded, and without the separator behind it.
    #[must_use]
    pub fn peek(&self) -> Option<&[u8]> {
        self.rest.as_ref()?.split(|&byte| byte == SEPARATOR).next()
    }
}

impl Iterator for Packets {
    type Item = Result<Packet, PayloadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.rest.take()?;
        let Self { index, max_packets, .. } = *self;
        if index == max_packets {
            return Some(Err(PayloadError::TooManyPackets { max_packets }));
        }
        let end = rest.iter().position(|&byte| byte == SEPARATOR);
        let packet = decode_piece(rest.split_to(end.unwrap_or(rest.len())), index);
        self.index += 1;
        if end.is_some() && packet.is_ok() {
            // Behind the separator itself.
            self.rest = Some(rest.split_off(1));
        }
        Some(packet)
    }
}

/// Appends `packets` in their polling form, joined by [`SEPARATOR`].
pub fn encode(packets: &[Packet], out: &mut Vec<u8>) {
    let separators = packets.len().saturating_sub(1);
    out.reserve(packets.iter().map(Packet::encoded_len).sum::<usize>() + separators);
    for (index, packet) in packets.iter().enumerate() {
        if index > 0 {
            out.push(SEPARATOR);
        }
        packet.encode(out);
    }
}

fn decode_piece(piece: Bytes, index: usize) -> Result<Packet, PayloadError> {
    let text = ByteString::try_from(piece).map_err(|_| PayloadError::Utf8 { index })?;
    Packet::decode(text).map_err(|source| PayloadError::Packet { index, source })
}

/// Why a payload was not read to its end. The session that sent it is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A piece is not UTF-8.
    #[error("packet {index} of the payload is not UTF-8; send binary as b and base64")]
    Utf8 {
        /// Which packet, from 0.
        index: usize,
    },
    /// A piece is no packet.
    #[error("packet {index} of the payload: {source}")]
    Packet {
        /// Which packet, from 0.
        index: usize,
        /// What is wrong with it.
        source: PacketError,
    },
    /// There are more packets than its reader allows.
    #[error("the payload has more than {max_packets} packets; send them in several requests")]
    TooManyPackets {
        /// The limit that was reached.
        max_packets: usize,
    },
}

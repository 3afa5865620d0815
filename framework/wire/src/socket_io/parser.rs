//! The seam between packets and their form on the wire: JSON by default, msgpack by feature.
//!
//! It must never leak which one is in use: packets are the same behind both.

use super::{DecodeError, Decoded, Messages, Packet, PacketLimits, PacketRef};
use crate::engine_io::Message;

/// A form of Socket.IO packets on the wire. Both sides of a connection must use the same.
pub trait Parser: Send + Sync + std::fmt::Debug + 'static {
    /// The messages of `packet`, to be sent in this order with nothing in between.
    fn encode(&self, packet: &Packet) -> Messages;

    /// `front` and the text of `packet` in one string, if that text is its only message; nothing if
    /// `packet` becomes something else. With it what is sent is made in one buffer, out of parts that
    /// nobody copies before; a parser without it does the same in more.
    ///
    /// ```
    /// use salon_wire::socket_io::{JsonParser, Packet, Parser};
    ///
    /// let packet = Packet::Disconnect { namespace: "/admin".into() };
    /// let text = JsonParser.encode_behind("4", (&packet).into());
    /// assert_eq!(text.as_deref(), Some("41/admin,"));
    /// ```
    fn encode_behind(&self, _front: &str, _packet: PacketRef<'_>) -> Option<String> {
        None
    }

    /// A decoder for one connection.
    fn decoder(&self, limits: &PacketLimits) -> Box<dyn Decoder>;
}

/// Puts together what one connection sends.
pub trait Decoder: Send {
    /// Takes one message; a packet once it is complete. Nothing while attachments are missing, and
    /// for a packet that means nothing: an answer to no question, an event or an answer without
    /// data.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the message is no packet or does not fit here; the connection is then to
    /// be closed.
    fn decode(&mut self, message: Message) -> Result<Option<Packet>, DecodeError>;

    /// As [`Decoder::decode`], but the arguments of an event may be left for whoever reads them, who
    /// then finds out whether they are JSON. A decoder that has read them anyway says so.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`], but for arguments that are no JSON.
    fn decode_lazily(&mut self, message: Message) -> Result<Option<Decoded>, DecodeError> {
        Ok(self.decode(message)?.map(Decoded::Packet))
    }

    /// Whether a packet waits for attachments.
    fn is_reconstructing(&self) -> bool;
}

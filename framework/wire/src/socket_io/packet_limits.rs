//! What a client may make a decoder of packets hold.
//!
//! It must never say what becomes of a connection that goes beyond: the error says which limit it was.

/// What a client may grow.
///
/// ```
/// use salon_wire::socket_io::PacketLimits;
///
/// let limits = PacketLimits { max_attachments: 2, ..PacketLimits::default() };
/// assert_eq!(limits.max_attachment_bytes, 1_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketLimits {
    /// Bytes of the name of a namespace. 256.
    pub max_name: usize,
    /// Binary attachments that one packet may announce. 10: beyond it a packet is cheaper to flood than
    /// to use. Packets of the msgpack parser announce none.
    pub max_attachments: usize,
    /// Bytes of all attachments of one packet together. 1,000,000, as the reference has it for a message.
    pub max_attachment_bytes: usize,
}

impl Default for PacketLimits {
    fn default() -> Self {
        Self { max_name: 256, max_attachments: 10, max_attachment_bytes: 1_000_000 }
    }
}

//! Whole messages out of a stream of client frames, checked as early as possible.
//!
//! It must never wait for a payload that its header already forbids, nor hold more of a message
//! than its limit.

use bytes::{Buf as _, Bytes, BytesMut};
use bytestring::ByteString;

use super::{
    CloseFrame, Opcode, ProtocolError, frame::MAX_CONTROL, mask::unmask, utf8::Utf8Checker,
};

/// What a client may grow.
#[derive(Clone, Copy, Debug)]
pub struct FrameLimits {
    /// Bytes of one message, over all its fragments.
    pub max_message: usize,
    /// Frames of one message.
    pub max_fragments: usize,
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these")]
pub enum Incoming {
    /// A text message.
    Text(ByteString),
    /// A binary message.
    Binary(Bytes),
    /// To be answered with a pong of the same bytes, at most 125.
    Ping(Bytes),
    /// The answer to a ping, or unasked; at most 125 bytes.
    Pong(Bytes),
    /// The end: answer it with a close frame if none was sent, and end the connection.
    Close(Option<CloseFrame>),
}

/// Reads client frames (RFC 6455, section 5) out of a buffer that its owner fills.
///
/// ```
/// use bytes::BytesMut;
/// use salon_wire::websocket::{FrameLimits, FrameReader, Incoming};
///
/// let mut reader = FrameReader::new(FrameLimits { max_message: 1_000, max_fragments: 8 });
/// // "Hello", masked, as in section 5.7.
/// let mut buffer = BytesMut::from(&b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..]);
/// assert_eq!(reader.read(&mut buffer)?, Some(Incoming::Text("Hello".into())));
/// assert_eq!(reader.read(&mut buffer)?, None);
/// # Ok::<(), salon_wire::websocket::ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct FrameReader {
    limits: FrameLimits,
    /// The frame whose payload is awaited; its header is out of the buffer.
    frame: Option<Frame>,
    /// The message of which more is awaited.
    /// Boxed: most messages come whole.
    message: Option<Box<Fragments>>,
    /// Nothing counts after a close frame or an error.
    ended: bool,
    /// Whether frames are masked, as a client's are and a server's are not.
    masked: bool,
}

impl FrameReader {
    /// A reader for one connection.
    #[must_use]
    pub fn new(limits: FrameLimits) -> Self {
        Self { limits, frame: None, message: None, ended: false, masked: true }
    }

    /// A reader of what a server sends.
    #[doc(hidden)]
    #[must_use]
    pub fn of_server(limits: FrameLimits) -> Self {
        Self { masked: false, ..Self::new(limits) }
    }

    /// Takes the next whole message out of `buffer`; `None` when more bytes are needed.
    ///
    /// Call it until it returns `None`, always with the same buffer, and only ever append to that:
    /// the payload at its front is unmasked as it comes. Limits hold from the header on, so a
    /// buffer never needs more room than one message and a header. After a close frame or an error
    /// whatever comes is discarded.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] if the client broke the protocol or a limit; see
    /// [`ProtocolError::close_code`].
    pub fn read(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, ProtocolError> {
        let result = self.read_frames(buffer);
        if matches!(result, Err(_) | Ok(Some(Incoming::Close(_)))) {
            *self = Self { ended: true, masked: self.masked, ..Self::new(self.limits) };
        }
        if self.ended {
            buffer.clear();
        }
        result
    }

    fn read_frames(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, ProtocolError> {
        while !self.ended {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match Frame::parse(buffer, self.masked)? {
                    Some(frame) => {
                        self.admit(&frame)?;
                        frame
                    }
                    None => return Ok(None),
                },
            };
            if !self.receive(&mut frame, buffer)? {
                self.frame = Some(frame);
                return Ok(None);
            }
            let payload = buffer.split_to(frame.length);
            if let Some(incoming) = self.finish(&frame, payload)? {
                return Ok(Some(incoming));
            }
        }
        Ok(None)
    }

    /// Checks a frame's place among the fragments, and its size, before its payload is awaited.
    fn admit(&mut self, frame: &Frame) -> Result<(), ProtocolError> {
        if frame.opcode.is_control() {
            return Ok(());
        }
        let FrameLimits { max_message, max_fragments } = self.limits;
        let (count, received) = match (&mut self.message, frame.opcode) {
            (None, Opcode::Continuation) => return Err(ProtocolError::UnexpectedContinuation),
            (Some(message), Opcode::Continuation) => {
                message.count += 1;
                (message.count, message.payload.len())
            }
            (Some(_), _) => return Err(ProtocolError::UnfinishedMessage),
            (None, _) => (1, 0),
        };
        if count > max_fragments {
            return Err(ProtocolError::TooManyFragments { max_fragments });
        }
        if frame.length > max_message.saturating_sub(received) {
            let length = (received as u64).saturating_add(frame.length as u64);
            return Err(ProtocolError::TooBig { length, max_message });
        }
        Ok(())
    }

    /// Unmasks and checks what has come of a frame's payload; whether all of it has.
    fn receive(&mut self, frame: &mut Frame, buffer: &mut [u8]) -> Result<bool, ProtocolError> {
        let end = buffer.len().min(frame.length);
        let fresh = &mut buffer[frame.received..end];
        unmask(fresh, frame.mask, frame.received);
        frame.received = end;
        let complete = end == frame.length;
        // The last part needs no check of its own: the whole text is checked when it is made.
        if frame.opcode.is_control() || complete && frame.last {
            return Ok(complete);
        }
        let begun = || Box::new(Fragments::new(frame.opcode));
        let message = self.message.get_or_insert_with(begun);
        let valid = message.opcode != Opcode::Text || message.utf8.push(fresh);
        if valid { Ok(complete) } else { Err(ProtocolError::Utf8) }
    }

    /// Makes something of a frame that is all there, or keeps it for its message.
    fn finish(
        &mut self,
        frame: &Frame,
        payload: BytesMut,
    ) -> Result<Option<Incoming>, ProtocolError> {
        // A copy of a few bytes, so that a pong that waits does not hold on to the whole buffer.
        let control = || Bytes::copy_from_slice(&payload);
        match frame.opcode {
            Opcode::Ping => return Ok(Some(Incoming::Ping(control()))),
            Opcode::Pong => return Ok(Some(Incoming::Pong(control()))),
            Opcode::Close => return CloseFrame::decode(&control()).map(Incoming::Close).map(Some),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {}
        }
        let Some(mut message) = self.message.take() else {
            return whole(frame.opcode, payload.freeze()).map(Some);
        };
        if frame.last && message.count == 1 {
            return whole(message.opcode, payload.freeze()).map(Some);
        }
        message.extend(&payload, self.limits.max_message);
        if frame.last {
            let Fragments { opcode, payload, .. } = *message;
            return whole(opcode, payload.into()).map(Some);
        }
        self.message = Some(message);
        Ok(None)
    }
}

/// The message that a complete payload is.
fn whole(opcode: Opcode, payload: Bytes) -> Result<Incoming, ProtocolError> {
    if opcode == Opcode::Text {
        ByteString::try_from(payload).map(Incoming::Text).map_err(|_| ProtocolError::Utf8)
    } else {
        Ok(Incoming::Binary(payload))
    }
}

/// A frame whose header was read.
#[derive(Debug)]
struct Frame {
    last: bool,
    opcode: Opcode,
    mask: [u8; 4],
    length: usize,
    /// Bytes of the payload that are unmasked already.
    received: usize,
}

impl Frame {
    /// Takes a header out of `buffer` (RFC 6455, section 5.2); `None` if it is not all there.
    fn parse(buffer: &mut BytesMut, masked: bool) -> Result<Option<Self>, ProtocolError> {
        let Some(&[first, second]) = buffer.first_chunk() else { return Ok(None) };
        let bits = first >> 4 & 0b111;
        if bits != 0 {
            return Err(ProtocolError::ReservedBits { bits });
        }
        let opcode = Opcode::from_bits(first & 0xf)
            .ok_or(ProtocolError::UnknownOpcode { opcode: first & 0xf })?;
        if masked && second & 0x80 == 0 {
            return Err(ProtocolError::Unmasked);
        }
        let last = first & 0x80 != 0;
        let short = second & 0x7f;
        if opcode.is_control() && !last {
            return Err(ProtocolError::FragmentedControl);
        }
        if opcode.is_control() && usize::from(short) > MAX_CONTROL {
            return Err(ProtocolError::ControlTooLong);
        }
        let (length, at) = match (short, &buffer[2..]) {
            (126, &[a, b, ..]) => (u64::from(u16::from_be_bytes([a, b])), 4),
            (127, rest) => match rest.first_chunk() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 10),
                None => return Ok(None),
            },
            (126, _) => return Ok(None),
            _ => (u64::from(short), 2),
        };
        if length >> 63 != 0 {
            return Err(ProtocolError::LengthTopBit { length });
        }
        let mask = if second & 0x80 == 0 {
            buffer.advance(at);
            [0; 4]
        } else {
            let Some(&mask) = buffer[at..].first_chunk() else { return Ok(None) };
            buffer.advance(at + mask.len());
            mask
        };
        // What no usize holds is beyond every limit.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Some(Self { last, opcode, mask, length, received: 0 }))
    }
}

/// A message of which more is to come.
#[derive(Debug)]
struct Fragments {
    opcode: Opcode,
    payload: Vec<u8>,
    count: usize,
    utf8: Utf8Checker,
}

impl Fragments {
    /// The first of them is there, or a part of it.
    fn new(opcode: Opcode) -> Self {
        Self { opcode, payload: Vec::new(), count: 1, utf8: Utf8Checker::default() }
    }

    /// Appends a fragment that [`FrameReader::admit`] let in, with room for at most `max_message`.
    fn extend(&mut self, fragment: &[u8], max_message: usize) {
        let needed = self.payload.len() + fragment.len();
        if needed > self.payload.capacity() {
            let room = self.payload.capacity().saturating_mul(2).min(max_message).max(needed);
            self.payload.reserve_exact(room - self.payload.len());
        }
        self.payload.extend_from_slice(fragment);
    }
}

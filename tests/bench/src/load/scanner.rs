//! Counts what a server sends over one connection, without looking at more than two bytes of each.
//!
//! It must never count a frame before its last byte has come: what is lost at the end would be
//! counted as heard.

use super::Dialect;

/// One frame, by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The namespace is connected, in so many words.
    Connected,
    Acknowledgement,
    Event,
    /// To be answered.
    Ping,
    /// A close frame, or a packet that ends the connection.
    Close,
    /// Anything else.
    Other,
}

/// A header of ten bytes, and two of the payload.
const LONGEST: usize = 12;

/// Where in what it is sent one connection is.
#[derive(Debug)]
pub(crate) enum Scanner {
    WebSocket(FrameScanner),
    Stream(EventScanner),
}

impl Scanner {
    /// At the beginning.
    pub(crate) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::SocketIo | Dialect::Plain => {
                Self::WebSocket(FrameScanner { dialect, ..FrameScanner::default() })
            }
            Dialect::Stream => Self::Stream(EventScanner::default()),
        }
    }

    /// Takes what has come, and tells of each frame that is complete.
    pub(crate) fn scan(&mut self, bytes: &[u8], heard: impl FnMut(Frame)) {
        match self {
            Self::WebSocket(scanner) => scanner.scan(bytes, heard),
            Self::Stream(scanner) => scanner.scan(bytes, heard),
        }
    }
}

/// What an event of a stream begins with, up to the frame.
const DATA: &[u8] = b"data: [";

/// The events of a stream, whatever chunks it is cut into: no line of one is cut by them.
#[derive(Debug, Default)]
pub(crate) struct EventScanner {
    /// How much of a line is what such a line begins with; nothing once it is another.
    matched: Option<usize>,
    /// What the event is whose line is coming.
    coming: Option<Frame>,
}

impl EventScanner {
    fn scan(&mut self, bytes: &[u8], mut heard: impl FnMut(Frame)) {
        for byte in bytes {
            match (self.matched, byte) {
                (_, b'\n') => {
                    if let Some(frame) = self.coming.take() {
                        heard(frame);
                    }
                    self.matched = Some(0);
                }
                (Some(at), byte) if at < DATA.len() => {
                    self.matched = (DATA[at] == *byte).then_some(at + 1);
                }
                (Some(_), byte) => {
                    self.coming = Some(match byte {
                        b'"' => Frame::Event,
                        b'-' => Frame::Acknowledgement,
                        _ => Frame::Other,
                    });
                    self.matched = None;
                }
                (None, _) => {}
            }
        }
    }
}

/// Where in the frames of a WebSocket one connection is.
#[derive(Debug, Default)]
pub(crate) struct FrameScanner {
    dialect: Dialect,
    /// The beginning of a frame, not enough yet to say what it is.
    kept: [u8; LONGEST],
    kept_bytes: usize,
    /// The frame whose payload is still coming, and how much of it is missing.
    coming: Option<(Frame, usize)>,
}

impl FrameScanner {
    fn scan(&mut self, mut bytes: &[u8], mut heard: impl FnMut(Frame)) {
        loop {
            if let Some((frame, missing)) = self.coming {
                if bytes.len() < missing {
                    self.coming = Some((frame, missing - bytes.len()));
                    return;
                }
                bytes = &bytes[missing..];
                self.coming = None;
                heard(frame);
            }
            if self.kept_bytes > 0 {
                let before = self.kept_bytes;
                let more = bytes.len().min(LONGEST - before);
                self.kept[before..before + more].copy_from_slice(&bytes[..more]);
                self.kept_bytes += more;
                let Some((frame, length)) = begun(self.dialect, &self.kept[..self.kept_bytes])
                else {
                    return;
                };
                self.kept_bytes = 0;
                // What was kept before is part of the frame that now has a name.
                self.coming = Some((frame, length - before));
            } else if let Some((frame, length)) = begun(self.dialect, bytes) {
                self.coming = Some((frame, length));
            } else {
                self.kept[..bytes.len()].copy_from_slice(bytes);
                self.kept_bytes = bytes.len();
                return;
            }
        }
    }
}

/// What a frame is, and its length with the header; nothing while that cannot be said.
fn begun(dialect: Dialect, bytes: &[u8]) -> Option<(Frame, usize)> {
    let (header, payload) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        length => (2, usize::from(length & 0x7f)),
    };
    let shown = bytes.get(header..header + payload.min(2))?;
    let frame = named(dialect, bytes[0] & 0x0f, shown);
    Some((frame, header + payload))
}

/// What a frame is, by its kind and the first two bytes of its payload.
fn named(dialect: Dialect, opcode: u8, shown: &[u8]) -> Frame {
    use Dialect::{Plain, SocketIo};
    match (dialect, opcode, shown) {
        (_, 8, _) => Frame::Close,
        (SocketIo, 1, [b'1'] | [b'4', b'1' | b'4']) => Frame::Close,
        (SocketIo, 1, [b'4', b'0']) => Frame::Connected,
        (SocketIo, 1, [b'4', b'2']) => Frame::Event,
        (SocketIo, 1, [b'4', b'3']) => Frame::Acknowledgement,
        (SocketIo, 1, [b'2', ..]) => Frame::Ping,
        (Plain, 1, [b'[', b'"']) => Frame::Event,
        (Plain, 1, [b'[', b'-']) => Frame::Acknowledgement,
        (Plain, 9, _) => Frame::Ping,
        _ => Frame::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<u8> {
        let mut bytes = Vec::new();
        for payload in ["0{}", "40{\"sid\":\"a\"}", "2", "421[\"msg\",1]", "431[]"] {
            bytes.extend([0x81, payload.len() as u8]);
            bytes.extend(payload.bytes());
        }
        bytes.extend([0x81, 126, 1, 0]);
        bytes.extend(b"42".iter().chain(&[b'x'; 254]));
        bytes.extend([0x88, 2, 3, 232]);
        bytes
    }

    #[test]
    fn frames_are_counted_wherever_the_stream_is_cut() {
        let bytes = frames();
        let said = [
            Frame::Other,
            Frame::Connected,
            Frame::Ping,
            Frame::Event,
            Frame::Acknowledgement,
            Frame::Event,
            Frame::Close,
        ];
        for size in 1..=bytes.len() {
            let (mut scanner, mut heard) = (Scanner::new(Dialect::SocketIo), Vec::new());
            for chunk in bytes.chunks(size) {
                scanner.scan(chunk, |frame| heard.push(frame));
            }
            assert_eq!(heard, said, "in chunks of {size}");
        }
    }

    #[test]
    fn plain_frames_are_told_by_how_they_begin() {
        let mut bytes = Vec::new();
        for (head, payload) in [(0x81, r#"["msg",1]"#), (0x89, ""), (0x81, "[-1]"), (0x81, "[]")] {
            bytes.extend([head, payload.len() as u8]);
            bytes.extend(payload.bytes());
        }
        let (mut scanner, mut heard) = (Scanner::new(Dialect::Plain), Vec::new());
        scanner.scan(&bytes, |frame| heard.push(frame));
        assert_eq!(heard, [Frame::Event, Frame::Ping, Frame::Acknowledgement, Frame::Other]);
    }

    #[test]
    fn events_of_a_stream_are_counted_wherever_it_is_cut() {
        let bytes =
            b"1f\r\nretry: 7\ndata: [\"welcome\",{}]\n\n\r\n2a\r\ndata: [-1]\n\nid: a.1.b\n\
            data: [\"msg\",1]\n\n\r\n9\r\ndata: []\n\n\r\n";
        for size in 1..=bytes.len() {
            let (mut scanner, mut heard) = (Scanner::new(Dialect::Stream), Vec::new());
            for chunk in bytes.chunks(size) {
                scanner.scan(chunk, |frame| heard.push(frame));
            }
            let said = [Frame::Event, Frame::Acknowledgement, Frame::Event, Frame::Other];
            assert_eq!(heard, said, "in chunks of {size}");
        }
    }

    #[test]
    fn a_frame_counts_with_its_last_byte() {
        let bytes = frames();
        let (mut scanner, mut heard) = (Scanner::new(Dialect::SocketIo), Vec::new());
        scanner.scan(&bytes[..bytes.len() - 5], |frame| heard.push(frame));
        assert_eq!(heard.last(), Some(&Frame::Acknowledgement));
    }
}

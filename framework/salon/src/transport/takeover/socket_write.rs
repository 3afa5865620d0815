//! One write on a socket: what is small is gathered, what is large goes out from where it is.
//!
//! It must never take a frame out of the outbox of which nothing was written.

use std::io::{self, ErrorKind, IoSlice, Write as _};

use bytes::Bytes;
use mio::net::TcpStream;

use crate::{
    outbox::{Control, Frames, Sink},
    transport::websocket::Framing,
};

/// From how many bytes on a frame is not copied to be written.
const LARGE: usize = 16 * 1024;

/// How many bytes of smaller frames are gathered for one write.
const GATHERED: usize = 64 * 1024;

/// One write: control packets, and frames behind them.
pub(super) struct SocketWrite<'a> {
    stream: &'a TcpStream,
    gathered: &'a mut Vec<u8>,
    framing: Framing,
    /// What is left of what was begun.
    pub(super) rest: Bytes,
    /// Whether the socket took less than there was.
    pub(super) is_blocked: bool,
    pub(super) result: io::Result<()>,
}

impl<'a> SocketWrite<'a> {
    /// Nothing yet; `gathered` is room for what is small.
    pub(in crate::transport) fn new(
        stream: &'a TcpStream,
        gathered: &'a mut Vec<u8>,
        framing: Framing,
    ) -> Self {
        gathered.clear();
        Self { stream, gathered, framing, rest: Bytes::new(), is_blocked: false, result: Ok(()) }
    }

    /// Appends frames to what is gathered, up to one that is written from where it is; how many
    /// come before that.
    fn gather<'f>(&mut self, frames: Frames<'f>) -> (usize, Option<&'f Bytes>) {
        let is_alone = frames.len() == 1 && self.gathered.is_empty();
        for (count, frame) in frames.iter().enumerate() {
            let bytes = frame.websocket();
            if is_alone || bytes.len() >= LARGE {
                return (count, Some(bytes));
            }
            if self.gathered.len() + bytes.len() > GATHERED {
                return (count, None);
            }
            self.gathered.extend_from_slice(bytes);
        }
        (frames.len(), None)
    }

    fn write(&mut self, last: Option<&Bytes>) -> usize {
        if last.is_none() && self.gathered.is_empty() {
            return 0;
        }
        let mut stream = self.stream;
        let written = uninterrupted(|| match last {
            None => stream.write(self.gathered),
            Some(last) if self.gathered.is_empty() => stream.write(last),
            Some(last) => {
                let parts = [IoSlice::new(self.gathered), IoSlice::new(last)];
                stream.write_vectored(&parts)
            }
        });
        let all = self.gathered.len() + last.map_or(0, Bytes::len);
        match written {
            Ok(written) => {
                self.is_blocked = written < all;
                written
            }
            Err(error) => {
                self.is_blocked = true;
                if error.kind() != ErrorKind::WouldBlock {
                    self.result = Err(error);
                }
                0
            }
        }
    }
}

impl Sink for SocketWrite<'_> {
    const STAYS: bool = true;

    fn control(&mut self, control: Control) {
        self.framing.encode_control(control, self.gathered);
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let control = self.gathered.len();
        let (before, last) = self.gather(frames);
        let written = self.write(last);
        let most = before + usize::from(last.is_some());
        if !self.is_blocked {
            return most;
        }
        if written < control {
            // The packets are out of the outbox, the frames are not.
            self.rest = Bytes::copy_from_slice(&self.gathered[written..control]);
            return 0;
        }
        let (mut begun, mut end) = (0, control);
        for frame in frames.iter().take(most) {
            if end >= written {
                break;
            }
            let frame = frame.websocket();
            begun += 1;
            end += frame.len();
            if end > written {
                self.rest = frame.slice(frame.len() - (end - written)..);
            }
        }
        begun
    }
}

/// Calls the kernel again if a signal came in between.
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

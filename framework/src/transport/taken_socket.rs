//! A WebSocket that Salon reads and writes itself, on a socket taken over from actix-web.
//!
//! It must never hold a buffer while it is idle, nor more than the rest of one frame while its
//! client does not read.

use std::{
    cell::{Cell, RefCell},
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes, BytesMut};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::TcpStream,
};

use super::{
    dialect::Dialect,
    flusher::Flusher,
    outflow::{Next, Outflow},
    signals::Stage,
    socket::drop_unsent,
};
use crate::{frame::Frame, outbox::Sink, wire::engine_io::Packet};

/// From how many bytes on a frame is not copied to be written.
const LARGE: usize = 16 * 1024;

/// How many bytes of smaller frames are gathered for one write.
const GATHERED: usize = 64 * 1024;

/// A socket, and what is written to it.
pub(super) struct TakenSocket {
    stream: RefCell<TcpStream>,
    outflow: Outflow,
    /// What the client did not take yet of what was begun.
    rest: RefCell<Bytes>,
    /// Whether that ends with the close frame.
    last: Cell<bool>,
    flusher: Rc<Flusher>,
    number: usize,
    bell: Waker,
}

impl TakenSocket {
    /// Serves `stream` from now on, on this worker.
    pub(super) fn new(stream: TcpStream, outflow: Outflow) -> Rc<Self> {
        let flusher = Flusher::current();
        let socket = flusher.clone().add(|number, bell| Self {
            stream: RefCell::new(stream),
            outflow,
            rest: RefCell::default(),
            last: Cell::new(false),
            flusher,
            number,
            bell,
        });
        // Something may wait already.
        socket.bell.wake_by_ref();
        socket
    }

    /// Waits for bytes and appends them to `buffer`; false at the end of the stream.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<bool> {
        let mut incoming = self.flusher.incoming.borrow_mut();
        let mut read = ReadBuf::new(&mut incoming);
        Pin::new(&mut *self.stream.borrow_mut()).poll_read(cx, &mut read).map(|result| {
            buffer.extend_from_slice(read.filled());
            result.is_ok() && !read.filled().is_empty()
        })
    }

    /// Writes what there is, as far as the client takes it.
    pub(super) fn flush(&self) {
        if let Err(error) = self.write() {
            // The reading side finds the end as well.
            tracing::trace!(%error, "a WebSocket is not written any more");
            self.outflow.end();
        }
    }

    fn write(&self) -> io::Result<()> {
        let mut cx = Context::from_waker(&self.bell);
        loop {
            match self.write_next(&mut cx)? {
                Progress::More => {}
                Progress::Idle => return Ok(()),
                Progress::Blocked => {
                    self.outflow.park();
                    match self.stream.borrow().poll_write_ready(&mut cx) {
                        Poll::Pending => return Ok(()),
                        Poll::Ready(ready) => ready?,
                    }
                }
            }
        }
    }

    fn write_next(&self, cx: &mut Context<'_>) -> io::Result<Progress> {
        if !self.write_rest()? {
            return Ok(Progress::Blocked);
        }
        let stream = self.stream.borrow();
        let mut gathered = self.flusher.outgoing.borrow_mut();
        let mut write = Write::new(&stream, &mut gathered, self.outflow.dialect);
        let next = self.outflow.poll_next(cx, &mut write);
        let Write { rest, is_blocked, result, .. } = write;
        result?;
        let rest = match next {
            Poll::Ready(Some(Next::Taken)) => rest,
            Poll::Ready(Some(Next::Urgent(bytes))) => bytes,
            Poll::Ready(Some(Next::Last(bytes))) => {
                self.last.set(true);
                bytes
            }
            Poll::Pending if is_blocked => return Ok(Progress::Blocked),
            Poll::Pending | Poll::Ready(None) => return Ok(Progress::Idle),
        };
        self.rest.replace(rest);
        Ok(if is_blocked { Progress::Blocked } else { Progress::More })
    }

    /// Writes what is left of what was begun; whether that was all.
    fn write_rest(&self) -> io::Result<bool> {
        let mut rest = self.rest.borrow_mut();
        while !rest.is_empty() {
            match self.stream.borrow().try_write(&rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // An idle connection holds no buffer.
        *rest = Bytes::new();
        if self.last.get() {
            self.outflow.signals.reach(Stage::Closed);
        }
        Ok(true)
    }

    /// Has what the client did not take dropped, unless the close frame is behind it.
    pub(super) fn give_up(&self) {
        if self.outflow.signals.stage() < Stage::Closed || !self.rest.borrow().is_empty() {
            drop_unsent(&SockRef::from(&*self.stream.borrow()));
        }
    }
}

impl Drop for TakenSocket {
    fn drop(&mut self) {
        self.flusher.remove(self.number);
        self.outflow.end();
    }
}

/// What came of a write.
enum Progress {
    /// It took all; there may be more.
    More,
    /// It took less than there was.
    Blocked,
    /// There was nothing.
    Idle,
}

/// One write: control packets, and frames behind them.
struct Write<'a> {
    stream: &'a TcpStream,
    gathered: &'a mut Vec<u8>,
    dialect: Dialect,
    /// What is left of what was begun.
    rest: Bytes,
    is_blocked: bool,
    result: io::Result<()>,
}

impl<'a> Write<'a> {
    fn new(stream: &'a TcpStream, gathered: &'a mut Vec<u8>, dialect: Dialect) -> Self {
        gathered.clear();
        Self { stream, gathered, dialect, rest: Bytes::new(), is_blocked: false, result: Ok(()) }
    }

    /// Appends frames to what is gathered, up to one that is written from where it is; how many
    /// come before that.
    fn gather<'f>(&mut self, frames: &'f [Frame]) -> (usize, Option<&'f Bytes>) {
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
        let written = match last {
            None if self.gathered.is_empty() => return 0,
            None => self.stream.try_write(self.gathered),
            Some(last) if self.gathered.is_empty() => self.stream.try_write(last),
            Some(last) => {
                let parts = [IoSlice::new(self.gathered), IoSlice::new(last)];
                self.stream.try_write_vectored(&parts)
            }
        };
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

impl Sink for Write<'_> {
    fn control(&mut self, packet: &Packet) {
        self.dialect.encode_control(packet, self.gathered);
    }

    fn frames(&mut self, frames: &[Frame]) -> usize {
        let control = self.gathered.len();
        let (before, last) = self.gather(frames);
        let written = self.write(last);
        if written < control {
            // The packets are out of the outbox, the frames are not.
            self.rest = Bytes::copy_from_slice(&self.gathered[written..control]);
            return 0;
        }
        let (mut begun, mut end) = (0, control);
        while begun < before + usize::from(last.is_some()) && end < written {
            let frame = frames[begun].websocket();
            begun += 1;
            end += frame.len();
            if end > written {
                self.rest = frame.slice(frame.len() - (end - written)..);
            }
        }
        begun
    }
}

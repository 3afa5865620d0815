//! A WebSocket that Salon reads and writes itself, on a socket taken over from actix-web.
//!
//! It must never hold a buffer while it is idle, nor more than the rest of one frame while its
//! client does not read.

use std::{
    cell::{Cell, RefCell},
    io::{self, ErrorKind, Read as _, Write as _},
    net,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use mio::{event::Event, net::TcpStream};
use socket2::SockRef;

use super::{
    reactor::{self, READ, Reactor, Registered},
    socket::drop_unsent,
    socket_write::{SocketWrite, uninterrupted},
};
use crate::{
    base::disconnect::DisconnectReason,
    transport::websocket::{Next, Stage, Writer},
};

/// How many writes one connection may have before others have theirs.
const WRITES: usize = 32;

/// What a connection may read in one turn of its worker, in bytes: so little that many turns, between
/// which the runtime does not look at its timers, are short.
pub(in crate::transport) const SHARE: usize = 2 * READ;

/// What the client did not take yet of what was begun.
pub(in crate::transport) struct Rest {
    bytes: Bytes,
    /// Whether it ends with the close frame.
    is_last: bool,
}

/// A socket, and what is written to it.
pub(in crate::transport) struct TakenSocket {
    stream: TcpStream,
    readiness: Cell<Readiness>,
    share: Cell<Share>,
    /// Who reads.
    reader: Cell<Option<Waker>>,
    writer: Writer,
    /// Boxed: most of the time there is nothing.
    rest: Cell<Option<Box<Rest>>>,
    reactor: Rc<Reactor<Self>>,
    number: usize,
    bell: Waker,
}

/// What the kernel has told, and has not been found to be otherwise.
#[derive(Clone, Copy, Default)]
struct Readiness {
    /// There may be something to read.
    readable: bool,
    /// The client sends no more: what there is to read has an end.
    ending: bool,
    /// It takes no more.
    blocked: bool,
    /// Nobody tells any more.
    lost: bool,
}

/// What has been read, and done with that, in one turn of the worker.
#[derive(Clone, Copy, Default)]
struct Share {
    turn: u32,
    used: usize,
    /// Whether the reactor knows that it is used up.
    is_put_off: bool,
}

thread_local! {
    /// This worker's.
    static REACTOR: reactor::Current<TakenSocket> = RefCell::default();
}

impl TakenSocket {
    /// Serves `stream` from now on, on this worker; `rest` is written first.
    ///
    /// # Errors
    /// If there are too many descriptors.
    pub(in crate::transport) fn new(
        stream: net::TcpStream,
        writer: Writer,
        rest: Option<Box<Rest>>,
    ) -> io::Result<Rc<Self>> {
        let reactor = Reactor::current(&REACTOR)?;
        let stream = TcpStream::from_std(stream);
        let socket = reactor.clone().add(stream, |stream, number, bell| Self {
            stream,
            readiness: Cell::default(),
            share: Cell::default(),
            reader: Cell::default(),
            writer,
            rest: Cell::new(rest),
            reactor,
            number,
            bell,
        })?;
        // Something may wait already.
        socket.bell.wake_by_ref();
        Ok(socket)
    }

    /// The socket, to be served on another worker, and what is to be written first there. This one
    /// is to be dropped then.
    ///
    /// # Errors
    /// If there are too many descriptors.
    pub(in crate::transport) fn depart(&self) -> io::Result<(net::TcpStream, Option<Box<Rest>>)> {
        let stream = SockRef::from(&self.stream).try_clone()?;
        self.writer.control.reach(Stage::Gone);
        Ok((stream.into(), self.rest.take()))
    }

    /// Waits for the worker's next turn if the share of this one is used up, or if there is much to be
    /// written first. So a client that sends without end holds up nobody, and what it is answered
    /// goes out meanwhile.
    pub(in crate::transport) fn poll_turn(&self, cx: &Context<'_>) -> Poll<()> {
        let (share, turn) = (self.share.get(), self.reactor.turn());
        if share.turn != turn {
            self.share.set(Share { turn, ..Share::default() });
            return Poll::Ready(());
        }
        let Readiness { blocked, lost, .. } = self.readiness.get();
        let must_write = || !blocked && self.writer.outbox.is_half_full();
        if lost || share.used == 0 || share.used < SHARE && !must_write() {
            return Poll::Ready(());
        }
        self.register_reader(cx);
        if !share.is_put_off {
            self.share.set(Share { is_put_off: true, ..share });
            self.reactor.put_off(self.number);
        }
        Poll::Pending
    }

    /// Counts what was read, or done with it, in bytes.
    pub(in crate::transport) fn took(&self, bytes: usize) {
        let share = self.share.get();
        self.share.set(Share { used: share.used + bytes, ..share });
    }

    fn register_reader(&self, cx: &Context<'_>) {
        let reader = self.reader.take().filter(|reader| reader.will_wake(cx.waker()));
        self.reader.set(Some(reader.unwrap_or_else(|| cx.waker().clone())));
    }

    /// Waits for bytes and appends them to `buffer`; false at the end of the stream.
    pub(in crate::transport) fn poll_read(
        &self,
        cx: &Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<bool> {
        ready!(self.poll_turn(cx));
        let mut incoming = self.reactor.incoming.borrow_mut();
        let mut readiness = self.readiness.get();
        if readiness.lost {
            return Poll::Ready(false);
        }
        while readiness.readable {
            match uninterrupted(|| (&self.stream).read(&mut incoming)) {
                Ok(length) => {
                    self.took(length);
                    // Less than there is room for is all that there was.
                    readiness.readable = length == incoming.len() || readiness.ending;
                    self.readiness.set(readiness);
                    buffer.extend_from_slice(&incoming[..length]);
                    return Poll::Ready(length > 0);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    readiness.readable = false;
                    self.readiness.set(readiness);
                }
                Err(_) => {
                    // It was cut off, or given up: nothing can be written either.
                    self.writer.end();
                    return Poll::Ready(false);
                }
            }
        }
        self.register_reader(cx);
        Poll::Pending
    }

    /// Writes what there is, as far as the client takes it.
    pub(in crate::transport) fn flush(&self) {
        if let Err(error) = self.write() {
            // The reading side finds the end as well.
            tracing::trace!(%error, "a WebSocket is not written any more");
            self.writer.end();
        }
    }

    fn write(&self) -> io::Result<()> {
        let mut cx = Context::from_waker(&self.bell);
        for _ in 0..WRITES {
            match self.write_next(&mut cx)? {
                Progress::More => {}
                Progress::Idle => return Ok(()),
                Progress::Blocked => {
                    self.readiness.set(Readiness { blocked: true, ..self.readiness.get() });
                    self.writer.park();
                    return Ok(());
                }
            }
        }
        // There is always more: others have their turn.
        self.bell.wake_by_ref();
        Ok(())
    }

    /// Writes all that there is, the close frame last, as far as the client takes it now.
    fn say_the_last(&self) {
        let mut cx = Context::from_waker(&self.bell);
        // An error is the client's end.
        while self.writer.control.stage() == Stage::Open
            && matches!(self.write_next(&mut cx), Ok(Progress::More))
        {}
    }

    fn write_next(&self, cx: &mut Context<'_>) -> io::Result<Progress> {
        if !self.write_rest()? {
            return Ok(Progress::Blocked);
        }
        let mut gathered = self.reactor.outgoing.borrow_mut();
        let mut write = SocketWrite::new(&self.stream, &mut gathered, self.writer.framing);
        let next = self.writer.poll_next(cx, &mut write);
        let SocketWrite { rest, is_blocked, result, .. } = write;
        result?;
        let (bytes, is_last) = match next {
            Poll::Ready(Some(Next::Everything)) if rest.is_empty() && !is_blocked => {
                return Ok(Progress::Idle);
            }
            Poll::Ready(Some(Next::Taken | Next::Everything)) => (rest, false),
            Poll::Ready(Some(Next::Urgent(bytes))) => (bytes, false),
            Poll::Ready(Some(Next::Last(bytes))) => (bytes, true),
            Poll::Pending if is_blocked => return Ok(Progress::Blocked),
            Poll::Pending | Poll::Ready(None) => return Ok(Progress::Idle),
        };
        if !bytes.is_empty() {
            self.rest.set(Some(Box::new(Rest { bytes, is_last })));
        }
        Ok(if is_blocked { Progress::Blocked } else { Progress::More })
    }

    /// Writes what is left of what was begun; whether that was all.
    fn write_rest(&self) -> io::Result<bool> {
        let Some(mut rest) = self.rest.take() else { return Ok(true) };
        while !rest.bytes.is_empty() {
            match uninterrupted(|| (&self.stream).write(&rest.bytes)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest.bytes.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.rest.set(Some(rest));
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        if rest.is_last {
            self.writer.control.reach(Stage::Closed);
        }
        Ok(true)
    }

    /// Has what the client did not take dropped, unless the close frame is behind it.
    pub(in crate::transport) fn give_up(&self) {
        if self.writer.control.stage() < Stage::Closed || self.rest.take().is_some() {
            drop_unsent(&SockRef::from(&self.stream));
        }
    }
}

impl Registered for TakenSocket {
    fn tell(&self, event: &Event) {
        let mut readiness = self.readiness.get();
        readiness.ending |= event.is_read_closed() || event.is_error();
        readiness.readable |= event.is_readable() || readiness.ending;
        let unblocked = readiness.blocked && event.is_writable();
        readiness.blocked &= !unblocked;
        self.readiness.set(readiness);
        if readiness.readable {
            self.wake_reader();
        }
        if unblocked {
            self.bell.wake_by_ref();
        }
    }

    /// Its worker ends, so it has ended. Its client is told, as far as it takes that at once.
    fn lose(&self) {
        self.writer.outbox.close(DisconnectReason::ServerShuttingDown);
        self.say_the_last();
        self.readiness.set(Readiness { lost: true, ..self.readiness.get() });
        self.writer.end();
        self.wake_reader();
    }

    fn wake_reader(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake_by_ref();
            self.reader.set(Some(reader));
        }
    }

    fn flush(&self) {
        Self::flush(self);
    }
}

impl Drop for TakenSocket {
    fn drop(&mut self) {
        if self.writer.control.stage() == Stage::Open && self.writer.outbox.closed().is_some() {
            // Before its time, with its worker: nobody else says so.
            self.say_the_last();
        }
        self.reactor.remove(self.number, &mut self.stream);
        self.writer.end();
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

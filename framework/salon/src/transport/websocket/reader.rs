//! The reading side of a WebSocket: bytes taken apart into packets.
//!
//! It must never read on without bound while the connection is busy with what it has.

use std::{
    future::poll_fn,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::dev::Payload;
use bytes::BytesMut;
use bytestring::ByteString;
use futures_util::StreamExt as _;
use tokio::{task::yield_now, time::timeout};

use super::{
    frame_lines::FrameLines, framing::Framing, link_error::LinkError,
    receive_buffer::ReceiveBuffer, writer_control::WriterControl,
};
use crate::{
    connection::{ConnectionHandle, Connections},
    protocol::Format,
    transport::takeover::{SHARE, TakenSocket},
    wire::{
        engine_io::{Message, Packet},
        socket_io::Messages,
        typed::HEARTBEAT,
        websocket::{FrameReader, Incoming},
    },
};

/// How much may be sorted, in messages and in bytes, while the messages before it wait: far enough
/// to find a pong among what a busy client sends, and no more than a socket's buffer holds.
const AHEAD: (usize, usize) = (256, 64 * 1024);

/// What the handling of a message counts of its connection's share of a turn, in bytes that are read.
pub(in crate::transport) const MESSAGE: usize = 256;

/// When a client that broke the protocol is taken to have sent all that it was about to send.
const QUIET: Duration = Duration::from_millis(100);

/// Whence a WebSocket's bytes come.
pub(in crate::transport) enum Source {
    /// The body of the request.
    Payload(Payload),
    /// The socket.
    Socket(Rc<TakenSocket>),
}

/// What was read of a WebSocket, and is not taken apart.
pub(in crate::transport) struct Before {
    buffer: BytesMut,
    frames: FrameReader,
    lines: Option<Box<FrameLines>>,
}

impl Before {
    /// Bytes that came right behind the handshake.
    pub(in crate::transport) fn new(connections: &Connections, early: BytesMut) -> Self {
        let frames = FrameReader::new(connections.limits().into());
        Self { buffer: early, frames, lines: None }
    }
}

/// A WebSocket's incoming bytes, and what was made of them.
pub(in crate::transport) struct Reader {
    handle: Arc<ConnectionHandle>,
    source: Source,
    /// Bytes of a frame that is not complete.
    buffer: BytesMut,
    frames: FrameReader,
    framing: Framing,
    /// What is left of a message of several frames. Boxed: most have one.
    lines: Option<Box<FrameLines>>,
    receive_buffer: ReceiveBuffer,
    control: Rc<WriterControl>,
    /// What was read, and done with that, in this turn, in bytes.
    used: u32,
    /// Whether the client's close frame came, or the end of its stream.
    closed: bool,
    /// Whether the bytes can still be taken apart.
    garbled: bool,
}

impl Reader {
    /// Reads `source` for a connection, behind what was read before.
    pub(in crate::transport) fn new(
        handle: Arc<ConnectionHandle>,
        before: Before,
        source: Source,
        framing: Framing,
        control: Rc<WriterControl>,
    ) -> Self {
        let Before { buffer, frames, lines } = before;
        Self {
            handle,
            source,
            buffer,
            frames,
            framing,
            lines,
            receive_buffer: ReceiveBuffer::default(),
            control,
            used: 0,
            closed: false,
            garbled: false,
        }
    }

    /// The next message; `None` once the end has come, and nothing before it is left.
    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        loop {
            if let Source::Socket(socket) = &self.source {
                ready!(socket.poll_turn(cx));
            }
            if let Some(message) = self.receive_buffer.next() {
                return Poll::Ready(Some(self.given(message)));
            }
            if self.receive_buffer.has_ended() {
                return Poll::Ready(None);
            }
            match self.decode() {
                Ok(Some(packet)) => {
                    if let Some(message) = self.receive_buffer.sort(packet, &self.handle) {
                        return Poll::Ready(Some(self.given(message)));
                    }
                }
                Ok(None) => {
                    if let Err(error) = ready!(self.poll_fill(cx)) {
                        self.receive_buffer.end(error);
                    }
                }
                Err(error) => self.receive_buffer.end(error),
            }
        }
    }

    /// Counts a message that a connection is given.
    fn given(&self, message: Message) -> Message {
        if let Source::Socket(socket) = &self.source {
            socket.took(MESSAGE);
        }
        message
    }

    /// Waits for messages; false once the end has come, and nothing before it is left.
    pub(super) fn poll_messages(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            self.sort();
            if self.receive_buffer.holds(1, 1) {
                return Poll::Ready(true);
            }
            if self.receive_buffer.has_ended() {
                return Poll::Ready(false);
            }
            if let Err(error) = ready!(self.poll_fill(cx)) {
                self.receive_buffer.end(error);
            }
        }
    }

    /// Takes the messages that wait.
    pub(in crate::transport) fn take_messages(&mut self) -> Messages {
        self.receive_buffer.take_messages()
    }

    /// How much waits to be taken, in bytes.
    pub(super) fn waiting(&self) -> usize {
        self.receive_buffer.waiting()
    }

    /// Sorts what comes while no message is taken; ready if nothing more comes and no message is
    /// left.
    pub(super) fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sort();
        while !self.is_sated() {
            if let Err(error) = ready!(self.poll_fill(cx)) {
                self.receive_buffer.end(error);
            }
            self.sort();
        }
        match self.receive_buffer.has_ended() && !self.receive_buffer.holds(1, 1) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Why nothing more comes, if so; to be asked for once there are no messages left.
    pub(in crate::transport) fn end(&mut self) -> Option<LinkError> {
        self.receive_buffer.take_end()
    }

    /// The next packet, before there is a connection that takes messages.
    ///
    /// # Errors
    /// [`LinkError`] if there is none any more.
    pub(in crate::transport) async fn packet(&mut self) -> Result<Packet, LinkError> {
        poll_fn(|cx| {
            loop {
                if let Some(packet) = self.decode()? {
                    return Poll::Ready(Ok(packet));
                }
                ready!(self.poll_fill(cx))?;
            }
        })
        .await
    }

    /// Discards what comes until the client has closed as well.
    pub(super) async fn closed(&mut self) {
        poll_fn(|cx| self.poll_discard(cx)).await;
        while self.garbled && !self.closed {
            let filled = poll_fn(|cx| self.poll_fill(cx));
            if timeout(QUIET, filled).await.is_err() {
                return;
            }
            self.count(self.buffer.len());
            self.buffer.clear();
        }
    }

    /// Discards what comes as long as it can be taken apart.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.closed && !self.garbled {
            // An error here is the end of what can be read, which both ways out note.
            if let Ok(None) = self.decode() {
                let _ = ready!(self.poll_fill(cx));
            }
        }
        Poll::Ready(())
    }

    /// Whether no more is to be sorted until the messages that wait are received.
    fn is_sated(&self) -> bool {
        let (messages, bytes) = AHEAD;
        self.receive_buffer.has_ended() || self.receive_buffer.holds(messages, bytes)
    }

    /// Sorts the packets that are complete. What a connection is given at once is bounded, so that
    /// its answers can be written before it is given more.
    fn sort(&mut self) {
        while !self.is_sated() {
            match self.decode() {
                Ok(Some(packet)) => {
                    self.count(MESSAGE);
                    self.receive_buffer.take(packet, &self.handle);
                }
                Ok(None) => return,
                Err(error) => self.receive_buffer.end(error),
            }
        }
    }

    /// Takes the next complete packet out of the buffer; none also if it is the others' turn.
    fn decode(&mut self) -> Result<Option<Packet>, LinkError> {
        while !self.is_turn_over() {
            if self.lines.is_some() {
                if let Some(packet) = self.next_line()?.and_then(|line| self.frame(line)) {
                    return Ok(Some(packet));
                }
                continue;
            }
            let before = self.buffer.len();
            let read = self.frames.read(&mut self.buffer).inspect_err(|_| self.garbled = true);
            self.count(before - self.buffer.len());
            let Some(incoming) = read? else { break };
            match incoming {
                Incoming::Ping(payload) => self.control.pong(&payload),
                Incoming::Close(frame) => {
                    self.closed = true;
                    return Err(self.framing.closed(frame));
                }
                Incoming::Text(text)
                    if let Framing::Typed { format: Format::Json, max_frames } = self.framing =>
                {
                    self.lines = Some(Box::new(FrameLines::new(text, max_frames)));
                }
                Incoming::Binary(bytes) if self.framing.is_heartbeat(&bytes) => self.answer_beat(),
                incoming => {
                    if let Some(packet) = self.framing.decode(incoming)? {
                        return Ok(Some(packet));
                    }
                }
            }
        }
        if self.buffer.is_empty() {
            // An idle connection holds no buffer.
            self.buffer = BytesMut::new();
        }
        Ok(None)
    }

    /// The next frame of a message that was begun.
    #[inline(never)]
    fn next_line(&mut self) -> Result<Option<ByteString>, LinkError> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        let line = lines.next()?;
        if line.is_none() {
            self.lines = None;
        }
        Ok(line)
    }

    /// What is in a line, unless it is a heartbeat.
    fn frame(&mut self, line: ByteString) -> Option<Packet> {
        if line != HEARTBEAT {
            return Some(Packet::Message(Message::Text(line)));
        }
        self.answer_beat();
        None
    }

    /// A heartbeat came as a message.
    fn answer_beat(&mut self) {
        self.count(MESSAGE);
        if self.handle.heartbeat()
            && let Some(heartbeat) = self.framing.heartbeat()
        {
            self.control.heartbeat(&heartbeat);
        }
    }

    /// Whether a client that is read through actix-web has had its share of this turn. One whose socket
    /// was taken over is asked for that itself.
    fn is_turn_over(&self) -> bool {
        matches!(self.source, Source::Payload(_)) && self.used as usize >= SHARE
    }

    /// Counts what was read, or done with it, in bytes.
    fn count(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes.try_into().unwrap_or(u32::MAX));
    }

    /// Waits for bytes.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        if self.is_turn_over() {
            self.used = 0;
            // Woken once the runtime has looked at all sockets, however many tasks keep it busy.
            let _ = pin!(yield_now()).poll(cx);
            return Poll::Pending;
        }
        let came = match &mut self.source {
            Source::Payload(payload) => match ready!(payload.poll_next_unpin(cx)) {
                Some(Ok(chunk)) => {
                    self.buffer.extend_from_slice(&chunk);
                    true
                }
                _ => false,
            },
            Source::Socket(socket) => ready!(socket.poll_read(cx, &mut self.buffer)),
        };
        Poll::Ready(if came {
            Ok(())
        } else {
            self.closed = true;
            Err(LinkError::Gone)
        })
    }

    /// Whether the client's close frame came, or the end of its stream.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whose messages they are.
    pub(in crate::transport) fn handle(&self) -> &Arc<ConnectionHandle> {
        &self.handle
    }

    /// What the other side is told.
    pub(in crate::transport) fn control(&self) -> &Rc<WriterControl> {
        &self.control
    }

    /// What it is, and what was read and is not taken apart, for another to go on.
    pub(super) fn into_parts(self) -> (Arc<ConnectionHandle>, Rc<WriterControl>, Framing, Before) {
        let Self { handle, control, framing, buffer, frames, lines, .. } = self;
        (handle, control, framing, Before { buffer, frames, lines })
    }

    /// The socket, if it is read directly.
    pub(in crate::transport) fn socket(&self) -> Option<&TakenSocket> {
        match &self.source {
            Source::Payload(_) => None,
            Source::Socket(socket) => Some(socket),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, task::Waker};

    use actix_web::error::PayloadError;
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;
    use crate::{
        Salon,
        auth::{Handshake, Principal},
        outbox::TransportKind,
    };

    /// Of a client that has sent so often what `chunk` is, and how much of that was taken.
    fn reader(chunk: Vec<u8>, times: usize) -> (Reader, Rc<Cell<usize>>) {
        let salon = Salon::builder().build().unwrap();
        let handshake = Arc::new(Handshake::new::<&str, &str>("/", [], []));
        let (principal, transport) = (Principal::anonymous(), TransportKind::WebSocket);
        let handle = salon.shared().open(handshake, principal, transport).unwrap();
        let (taken, chunk) = (Rc::<Cell<usize>>::default(), Bytes::from(chunk));
        let counted = taken.clone();
        let chunks = stream::iter(0..times).map(move |_| {
            counted.set(counted.get() + chunk.len());
            Ok::<_, PayloadError>(chunk.clone())
        });
        let source = Source::Payload(Payload::Stream { payload: Box::pin(chunks) });
        let control = Rc::new(WriterControl::new(None, None));
        let before = Before::new(salon.shared(), BytesMut::new());
        (Reader::new(handle, before, source, Framing::EngineIo, control), taken)
    }

    #[test]
    fn a_client_that_is_read_through_actix_web_has_a_share_of_a_turn_whatever_it_sends() {
        actix_web::rt::System::new().block_on(async {
            let (ping, noop) = ([0x89, 0x80, 0, 0, 0, 0], [0x81, 0x81, 0, 0, 0, 0, b'6']);
            for frame in [&ping[..], &noop] {
                let chunk = frame.repeat(1_000);
                let (mut reader, taken) = reader(chunk.clone(), 100);
                let mut cx = Context::from_waker(Waker::noop());
                let mut turns = 0;
                while reader.poll_messages(&mut cx).is_pending() {
                    turns += 1;
                    assert!(taken.get() <= turns * (SHARE + chunk.len()), "{} bytes", taken.get());
                }
                assert_eq!(taken.get(), 100 * chunk.len(), "all of it is read");
                assert!(turns > 10, "{turns} turns");
            }
        });
    }
}

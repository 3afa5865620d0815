//! The writing side of a WebSocket: a response body that empties an outbox.
//!
//! It must never take more out of the outbox than is written next: what waits there can still be
//! revoked, and counts against the client's limit.

use std::{
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use super::{
    dialect::Dialect,
    link_error::server_close,
    signals::{Signals, Stage},
};
use crate::{
    frame::Frame,
    outbox::{Drained, Outbox, Sink},
    wire::{engine_io::Packet, websocket::encode_close},
};

/// The body of a 101 response.
pub(super) struct Outflow {
    outbox: Arc<Outbox>,
    signals: Rc<Signals>,
    dialect: Dialect,
}

impl Outflow {
    /// Writes what `signals` say, and `outbox` once they name the link.
    pub(super) fn new(outbox: Arc<Outbox>, signals: Rc<Signals>, dialect: Dialect) -> Self {
        Self { outbox, signals, dialect }
    }

    /// The next bytes; the close frame is the last.
    fn poll_bytes(&self, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(bytes) = self.signals.take_urgent() {
            return Poll::Ready(bytes);
        }
        let farewell = match self.signals.link() {
            None => self.signals.take_farewell(),
            Some(link) => loop {
                let mut write = Write::new(self.dialect);
                match self.outbox.poll_drain(cx, link, &mut write) {
                    Poll::Ready(Drained::Something) => {
                        // It may have been nothing but a noop, which is for polls.
                        if let Some(bytes) = write.into_bytes() {
                            return Poll::Ready(bytes);
                        }
                    }
                    Poll::Ready(Drained::Closed(reason)) => {
                        let decided = self.signals.take_farewell();
                        break Some(decided.unwrap_or_else(|| {
                            let mut bytes = Vec::new();
                            encode_close(server_close(reason).as_ref(), &mut bytes);
                            bytes.into()
                        }));
                    }
                    Poll::Ready(Drained::Replaced) => {
                        let mut bytes = Vec::new();
                        encode_close(None, &mut bytes);
                        break Some(bytes.into());
                    }
                    Poll::Pending => break None,
                }
            },
        };
        let Some(farewell) = farewell else { return Poll::Pending };
        self.signals.reach(Stage::Closed);
        Poll::Ready(farewell)
    }
}

impl MessageBody for Outflow {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        match self.signals.stage() {
            Stage::Open => {
                if let Poll::Ready(bytes) = self.poll_bytes(cx) {
                    return Poll::Ready(Some(Ok(bytes)));
                }
            }
            // The reading side waits for the client's close frame now.
            Stage::Closed => {}
            Stage::Over | Stage::Gone => return Poll::Ready(None),
        }
        self.signals.register_writer(cx.waker());
        Poll::Pending
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        if let Some(link) = self.signals.link() {
            self.outbox.park(link);
        }
        self.signals.reach(Stage::Gone);
    }
}

/// The bytes of one write: control packets, and one frame.
struct Write {
    dialect: Dialect,
    control: Vec<u8>,
    frame: Option<Bytes>,
}

impl Write {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, control: Vec::new(), frame: None }
    }

    fn into_bytes(self) -> Option<Bytes> {
        let mut control = self.control;
        match self.frame {
            Some(frame) if control.is_empty() => Some(frame),
            Some(frame) => {
                control.extend_from_slice(&frame);
                Some(control.into())
            }
            None => (!control.is_empty()).then(|| control.into()),
        }
    }
}

impl Sink for Write {
    fn control(&mut self, packet: &Packet) {
        self.dialect.encode_control(packet, &mut self.control);
    }

    fn frame(&mut self, frame: &Frame) {
        self.frame = Some(frame.websocket().clone());
    }

    fn is_full(&self) -> bool {
        self.frame.is_some()
    }
}

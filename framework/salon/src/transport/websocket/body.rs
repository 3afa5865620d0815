//! A WebSocket through actix-web: the body of its 101 response.
//!
//! It must never hold more than the bytes of one write.

use std::{
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use super::{
    framing::Framing,
    writer::{Next, Writer},
    writer_control::Stage,
};
use crate::{
    outbox::{Control, Frames, Sink},
    transport::takeover::Handover,
};

/// The body of a 101 response.
pub(in crate::transport) struct Body {
    writer: Writer,
    handover: Option<Rc<Handover>>,
}

impl Body {
    /// Writes what `writer` has, unless `handover` ends it: then only what greets the client.
    pub(in crate::transport) fn new(writer: Writer, handover: Option<Rc<Handover>>) -> Self {
        Self { writer, handover }
    }

    /// The next bytes; the close frame is the last.
    fn poll_bytes(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let mut write = Write::new(self.writer.framing);
            return Poll::Ready(match self.writer.poll_next(cx, &mut write) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => None,
                Poll::Ready(Some(Next::Urgent(bytes))) => Some(bytes),
                Poll::Ready(Some(Next::Last(bytes))) => {
                    self.writer.control.reach(Stage::Closed);
                    Some(bytes)
                }
                Poll::Ready(Some(Next::Taken | Next::Everything)) => match write.into_bytes() {
                    // It may have been nothing but a noop, which is for polls.
                    None => continue,
                    bytes => bytes,
                },
            });
        }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    /// More than it will be: of all ends that a response has, actix-http takes only that of a body
    /// which falls short of its length for one at which it lets go of the socket, without shutting
    /// it down, waiting for the client or logging an error. What it was given is written by then. On
    /// the wire a 101 response has no length.
    fn size(&self) -> BodySize {
        BodySize::Sized(u64::MAX)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let handover = self.handover.as_ref().filter(|handover| !handover.is_declined());
        let next = match handover {
            Some(handover) => match self.writer.control.take_urgent() {
                Some(bytes) => Poll::Ready(Some(bytes)),
                None => match handover.poll_end(cx) {
                    Poll::Pending if handover.is_declined() => self.poll_bytes(cx),
                    end => end.map(|()| None),
                },
            },
            None => self.poll_bytes(cx),
        };
        next.map(|bytes| bytes.map(Ok))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // Whoever has the socket writes on; without one nobody does.
        if !self.handover.as_ref().is_some_and(|handover| handover.ended()) {
            self.writer.end();
        }
    }
}

/// The bytes of one write: control packets, and one frame.
struct Write {
    framing: Framing,
    control: Vec<u8>,
    frame: Option<Bytes>,
}

impl Write {
    fn new(framing: Framing) -> Self {
        Self { framing, control: Vec::new(), frame: None }
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
    fn control(&mut self, control: Control) {
        self.framing.encode_control(control, &mut self.control);
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        self.frame = frames.iter().next().map(|frame| frame.websocket().clone());
        usize::from(self.frame.is_some())
    }
}

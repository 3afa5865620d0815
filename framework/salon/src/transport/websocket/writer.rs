//! The writing side of a WebSocket: in which order what there is goes out.
//!
//! It must never take more out of the outbox than is written next: what waits there can still be
//! revoked, and counts against the client's limit.

use std::{
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{
    framing::Framing,
    link_error::server_close,
    writer_control::{Stage, WriterControl},
};
use crate::{
    outbox::{Drained, Outbox, Sink},
    wire::{engine_io::Packet, websocket::encode_close},
};

/// What one connection has to write.
#[derive(Clone)]
pub(in crate::transport) struct Writer {
    pub(in crate::transport) outbox: Arc<Outbox>,
    pub(in crate::transport) control: Rc<WriterControl>,
    pub(in crate::transport) framing: Framing,
}

/// What is written next.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::transport) enum Next {
    /// What the sink has taken out of the outbox.
    Taken,
    /// What the sink has taken: it was everything, and more is waited for.
    Everything,
    /// These bytes.
    Urgent(Bytes),
    /// These bytes, a close frame: nothing comes after it.
    Last(Bytes),
}

impl Writer {
    /// What is written next, or `None` once nothing is left to wait for.
    pub(in crate::transport) fn poll_next(
        &self,
        cx: &mut Context<'_>,
        sink: &mut impl Sink,
    ) -> Poll<Option<Next>> {
        match self.control.stage() {
            Stage::Open => {
                if let Poll::Ready(next) = self.poll_open(cx, sink) {
                    return Poll::Ready(Some(next));
                }
            }
            // The reading side waits for the client's close frame now.
            Stage::Closed => {}
            Stage::Over | Stage::Gone => return Poll::Ready(None),
        }
        self.control.register_writer(cx.waker());
        Poll::Pending
    }

    fn poll_open(&self, cx: &mut Context<'_>, sink: &mut impl Sink) -> Poll<Next> {
        if let Some(bytes) = self.control.take_urgent() {
            return Poll::Ready(Next::Urgent(bytes));
        }
        let Some(link) = self.control.link() else {
            return match self.control.take_farewell() {
                Some(farewell) => Poll::Ready(Next::Last(farewell)),
                None => Poll::Pending,
            };
        };
        let mut farewell = Vec::new();
        match self.outbox.poll_drain(cx, link, sink) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Drained::Something) => return Poll::Ready(Next::Taken),
            Poll::Ready(Drained::Everything) => {
                self.control.register_writer(cx.waker());
                return Poll::Ready(Next::Everything);
            }
            Poll::Ready(Drained::Closed(reason)) => {
                if let Some(decided) = self.control.take_farewell() {
                    return Poll::Ready(Next::Last(decided));
                }
                match self.outbox.farewell(reason) {
                    Some(last) => {
                        let message = Packet::Message(last.message);
                        self.framing.encode_packet(&message, &mut farewell);
                        encode_close(Some(&last.close), &mut farewell);
                    }
                    None => encode_close(server_close(reason).as_ref(), &mut farewell),
                }
            }
            Poll::Ready(Drained::Replaced) => encode_close(None, &mut farewell),
        }
        Poll::Ready(Next::Last(farewell.into()))
    }

    /// Nothing is written for a while: the connection is not writable.
    pub(in crate::transport) fn park(&self) {
        if let Some(link) = self.control.link() {
            self.outbox.park(link);
        }
    }

    /// Nothing is written any more.
    pub(in crate::transport) fn end(&self) {
        self.park();
        self.control.reach(Stage::Gone);
    }
}

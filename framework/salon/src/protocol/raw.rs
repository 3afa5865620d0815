//! Messages as they are, for an application that takes them so: no sessions, nothing to be broken.
//!
//! It must never look into a message.

use super::{Effect, OpenSessions, Protocol, Violation};
use crate::{
    message::{Codec, CodecId, Content, Form, Layer},
    wire::engine_io::Message,
};

/// Takes messages.
#[derive(Debug)]
pub(crate) struct Raw;

impl Protocol for Raw {
    fn receive(&mut self, message: Message, _: &impl OpenSessions) -> Result<Effect, Violation> {
        Ok(Effect::Deliver(message))
    }

    fn timeout(&self) -> Option<Violation> {
        None
    }
}

/// What a client without sessions has of them.
#[derive(Debug)]
pub(crate) struct NoSessions;

impl OpenSessions for NoSessions {
    fn find(&self, _: &str) -> Option<usize> {
        None
    }
}

/// Writes messages.
#[derive(Debug)]
pub(crate) struct RawCodec {
    /// What its clients' transports wrap them in.
    pub(crate) layer: Layer,
}

impl Codec for RawCodec {
    fn id(&self) -> CodecId {
        match self.layer {
            Layer::EngineIo => CodecId::RawOverEngineIo,
            Layer::Plain => CodecId::RawPlain,
        }
    }

    fn form(&self, content: &Content) -> Form {
        match content {
            Content::Message(message) => Form::of_message(message.clone(), self.layer),
            // Whoever has no session gets nothing of one.
            Content::Event { .. }
            | Content::Answer { .. }
            | Content::Connected { .. }
            | Content::NotConnected { .. }
            | Content::Disconnected { .. } => Form::nothing(),
        }
    }
}

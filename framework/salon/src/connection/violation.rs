//! The one place that decides what an error does to a connection.
//!
//! It must never have a catch-all: a new error is a decision to be made here.

use super::{DisconnectReason, Refusal};
use crate::{payload::NoJson, wire::socket_io::DecodeError};

/// What a client did that the protocol does not allow, or that a limit forbids. Namespaces are as
/// they stand in a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Violation {
    /// A message is no Socket.IO packet.
    #[error("bad packet: {0}")]
    BadPacket(#[from] DecodeError),
    /// What an event carries is no JSON.
    #[error("bad packet: {0}")]
    BadPayload(#[from] NoJson),
    /// A CONNECT for a namespace that the connection is in, or connecting to.
    #[error("a second connect packet for namespace {0}")]
    SecondConnect(String),
    /// A packet for a namespace that the connection is not in.
    #[error("a packet for namespace {0}, to which the client is not connected")]
    NotConnected(String),
    /// No CONNECT in time.
    #[error("no connect packet in time")]
    ConnectTimeout,
    /// A CONNECT for a namespace that does not exist.
    #[error("namespace {0} does not exist")]
    UnknownNamespace(String),
    /// A CONNECT beyond the number of namespaces that a connection may have.
    #[error("more than {0} namespaces on one connection")]
    TooManyNamespaces(usize),
    /// A CONNECT with more in its `auth` than is kept.
    #[error("the auth object has more than {0} bytes")]
    LongAuth(usize),
    /// An acknowledgement that nobody awaits, or that came too late.
    #[error("acknowledgement {0} is not awaited")]
    UnknownAcknowledgement(u64),
}

/// What becomes of the connection.
#[derive(Debug)]
pub(crate) enum Consequence {
    /// Nothing.
    Keep,
    /// It goes on; the client is told.
    Refuse(Refusal),
    /// It ends.
    Close(DisconnectReason),
}

impl Violation {
    pub(crate) fn consequence(&self) -> Consequence {
        match self {
            Self::BadPacket(_) | Self::BadPayload(_) => {
                Consequence::Close(DisconnectReason::ForcedClose)
            }
            Self::SecondConnect(_) | Self::NotConnected(_) | Self::ConnectTimeout => {
                Consequence::Close(DisconnectReason::ForcedServerClose)
            }
            // The reference's words; clients show them.
            Self::UnknownNamespace(_) => {
                Consequence::Refuse(Refusal::not_found("Invalid namespace"))
            }
            Self::TooManyNamespaces(_) | Self::LongAuth(_) => Consequence::Refuse(Refusal::new(
                crate::base::refusal::Code::LimitExceeded,
                self.to_string(),
            )),
            Self::UnknownAcknowledgement(_) => Consequence::Keep,
        }
    }
}

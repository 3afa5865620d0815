//! The one place that decides what an error does to a connection.
//!
//! It must never have a catch-all: a new error is a decision to be made here.

use bytestring::ByteString;

use crate::{
    base::{
        bye::Bye,
        disconnect::DisconnectReason,
        refusal::{Code, Refusal},
    },
    payload::NoJson,
    wire::{socket_io::DecodeError, typed::FrameError},
};

/// What a client did that its protocol does not allow, or that a limit forbids. In words it has no
/// namespace: whatever a client wrote in that place may be a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Violation {
    /// A message is no Socket.IO packet, or what its event carries is no JSON.
    #[error("bad packet: {0}")]
    BadPacket(#[from] DecodeError),
    /// A message is no frame of `salon.v1`.
    #[error("bad frame: {0}")]
    BadFrame(#[from] FrameError),
    /// A CONNECT for a namespace that the connection is in, or connecting to.
    #[error("a second connect packet for a namespace")]
    SecondConnect(ByteString),
    /// A packet for a namespace that the connection is not in.
    #[error("a packet for a namespace to which the client is not connected")]
    NotConnected(ByteString),
    /// No CONNECT in time.
    #[error("no connect packet in time")]
    ConnectTimeout,
    /// A CONNECT for a namespace that does not exist.
    #[error("the namespace does not exist")]
    UnknownNamespace(ByteString),
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

impl From<NoJson> for Violation {
    fn from(error: NoJson) -> Self {
        Self::BadPacket(error.into())
    }
}

/// What becomes of the connection.
#[derive(Debug)]
pub(crate) enum Consequence {
    /// Nothing.
    Keep,
    /// It goes on; the client is told.
    Refuse(Refusal),
    /// It ends, and its client is told why, if its protocol has words for that.
    Close(DisconnectReason, Bye),
}

impl Violation {
    /// The namespace that it is about, for who knows whether that may be shown.
    pub(crate) fn namespace(&self) -> Option<&ByteString> {
        match self {
            Self::SecondConnect(namespace)
            | Self::NotConnected(namespace)
            | Self::UnknownNamespace(namespace) => Some(namespace),
            Self::BadPacket(_)
            | Self::BadFrame(_)
            | Self::ConnectTimeout
            | Self::TooManyNamespaces(_)
            | Self::LongAuth(_)
            | Self::UnknownAcknowledgement(_) => None,
        }
    }

    /// What becomes of whoever did that.
    pub(crate) fn consequence(&self) -> Consequence {
        match self {
            Self::BadPacket(_) | Self::BadFrame(_) => {
                Consequence::Close(DisconnectReason::ForcedClose, Bye::BadFrame)
            }
            Self::SecondConnect(_) | Self::NotConnected(_) => {
                Consequence::Close(DisconnectReason::ForcedServerClose, Bye::BadFrame)
            }
            Self::ConnectTimeout => {
                Consequence::Close(DisconnectReason::ForcedServerClose, Bye::ConnectTimeout)
            }
            // The reference's words; clients show them.
            Self::UnknownNamespace(_) => {
                Consequence::Refuse(Refusal::not_found("Invalid namespace"))
            }
            Self::TooManyNamespaces(_) | Self::LongAuth(_) => {
                Consequence::Refuse(Refusal::new(Code::LimitExceeded, self.to_string()))
            }
            Self::UnknownAcknowledgement(_) => Consequence::Keep,
        }
    }
}

//! Why a link ends its connection.
//!
//! It must stay exhaustive: what each error does to a connection is decided in one match, without
//! a catch-all.

use crate::{
    base::disconnect::DisconnectReason,
    wire::{
        engine_io::{PacketError, PayloadError},
        websocket::{CloseCode, CloseFrame, ProtocolError},
    },
};

/// What a link met that ends the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::transport) enum LinkError {
    /// The client closed in an orderly way: an Engine.IO close packet.
    #[error("the client closed the connection")]
    Closed,
    /// The client closed its WebSocket in an orderly way.
    #[error("the client closed its WebSocket")]
    ClosedWebSocket(Option<CloseFrame>),
    /// The client closed the WebSocket of the plain protocol, and did not just go elsewhere.
    #[error("the client said goodbye")]
    Goodbye(Option<CloseFrame>),
    /// The WebSocket's TCP connection ended without a close frame.
    #[error("the client went away")]
    Gone,
    /// A polling GET was dropped before it was answered.
    #[error("a poll was aborted by the client")]
    PollAborted,
    /// A polling GET came while another was pending.
    #[error("two polls at once; a client has one pending at a time")]
    PollOverlap,
    /// A POST was dropped before its body was complete.
    #[error("a POST was aborted by the client")]
    PostAborted,
    /// A POST came while another was under way.
    #[error("two POSTs at once; a client sends one at a time")]
    PostOverlap,
    /// A POST has the content type of raw bytes, which Engine.IO 4 does not have.
    #[error("a POST is of type application/octet-stream; binary travels as b and base64")]
    BinaryPost,
    /// The client sent a ping; since Engine.IO 4 only servers do.
    #[error("the client sent a ping; in Engine.IO 4 only the server does")]
    HeartbeatDirection,
    /// A POST that was under way at the upgrade did not end in time.
    #[error("a POST was still under way long after the upgrade")]
    PostOutlivedUpgrade,
    /// A polling payload is malformed.
    #[error("malformed payload: {0}")]
    Payload(#[from] PayloadError),
    /// A WebSocket message is no Engine.IO packet.
    #[error("malformed packet: {0}")]
    Packet(#[from] PacketError),
    /// A message of `salon.v1` has more frames than it may.
    #[error("a message has more frames than `limits.max_frames_per_message`")]
    TooManyFrames,
    /// The client broke the WebSocket protocol or a limit on its messages.
    #[error("WebSocket: {0}")]
    Protocol(#[from] ProtocolError),
}

/// The reason that a session sees for it.
pub(in crate::transport) fn reason(error: &LinkError) -> DisconnectReason {
    match error {
        LinkError::Goodbye(_) => DisconnectReason::ClientNamespaceDisconnect,
        LinkError::Closed | LinkError::ClosedWebSocket(_) | LinkError::Gone => {
            DisconnectReason::TransportClose
        }
        LinkError::PollAborted
        | LinkError::PollOverlap
        | LinkError::PostAborted
        | LinkError::PostOverlap
        | LinkError::BinaryPost
        | LinkError::HeartbeatDirection
        | LinkError::PostOutlivedUpgrade
        | LinkError::Protocol(_) => DisconnectReason::TransportError,
        LinkError::Payload(_) | LinkError::Packet(_) | LinkError::TooManyFrames => {
            DisconnectReason::ParseError
        }
    }
}

/// The close frame that answers it, on a WebSocket.
pub(super) fn client_close(error: &LinkError) -> Option<CloseFrame> {
    match error {
        LinkError::ClosedWebSocket(frame) | LinkError::Goodbye(frame) => {
            frame.as_ref().map(|frame| coded(frame.code))
        }
        LinkError::Protocol(error) => Some(coded(error.close_code())),
        LinkError::Closed
        | LinkError::Gone
        | LinkError::PollAborted
        | LinkError::PollOverlap
        | LinkError::PostAborted
        | LinkError::PostOverlap
        | LinkError::BinaryPost
        | LinkError::HeartbeatDirection
        | LinkError::PostOutlivedUpgrade
        | LinkError::Payload(_)
        | LinkError::Packet(_)
        | LinkError::TooManyFrames => None,
    }
}

/// The close frame by which the server ends a WebSocket of its own accord.
pub(super) fn server_close(reason: DisconnectReason) -> Option<CloseFrame> {
    match reason {
        // Clients and load balancers know it as: come back, elsewhere if you can.
        DisconnectReason::ServerShuttingDown => Some(coded(CloseCode::RESTART)),
        DisconnectReason::ClientNamespaceDisconnect
        | DisconnectReason::ServerNamespaceDisconnect
        | DisconnectReason::TransportClose
        | DisconnectReason::TransportError
        | DisconnectReason::PingTimeout
        | DisconnectReason::ParseError
        | DisconnectReason::ForcedClose
        | DisconnectReason::ForcedServerClose
        | DisconnectReason::OutboxOverflow => None,
    }
}

fn coded(code: CloseCode) -> CloseFrame {
    CloseFrame { code, reason: "".into() }
}

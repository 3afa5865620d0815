//! Why a client that has a connection alone is told that it ends, and so whether it is to come back.
//!
//! It must stay a closed list: each has its code on the wire, and clients act on that.

use std::time::Duration;

use super::{disconnect::DisconnectReason, refusal::Code};

/// Why a connection of the plain protocol ends. Its clients see it as the last frame, and by the code with
/// which their WebSocket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bye {
    /// The server is shutting down.
    ShuttingDown,
    /// Who the client is was not believed, as often as it may try.
    Unauthorized,
    /// What it presented is over.
    Lapsed,
    /// It may not be here.
    Forbidden,
    /// What it presented was revoked.
    Revoked,
    /// It did not say in time who it is.
    ConnectTimeout,
    /// What it sent is no frame.
    BadFrame,
    /// It has come back by another connection.
    Replaced,
    /// There are too many of its kind.
    TooMany,
    /// It did not read.
    Overflow,
    /// The server's own fault.
    Internal,
    /// The application ended it.
    Disconnected,
}

/// When a client is to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// With another token, once.
    Token,
    /// Later and later.
    Backoff,
    /// After a time that is drawn for each, up to that one.
    Within(Duration),
}

impl Bye {
    /// What goes with the end of a connection of which nothing else was said; nothing where the client is
    /// the one who ended it, or is not there.
    pub(crate) const fn of_reason(reason: DisconnectReason) -> Option<Self> {
        match reason {
            DisconnectReason::ServerShuttingDown => Some(Self::ShuttingDown),
            DisconnectReason::OutboxOverflow => Some(Self::Overflow),
            DisconnectReason::ForcedServerClose => Some(Self::Disconnected),
            DisconnectReason::ForcedClose => Some(Self::Internal),
            DisconnectReason::ParseError => Some(Self::BadFrame),
            DisconnectReason::ClientNamespaceDisconnect
            | DisconnectReason::ServerNamespaceDisconnect
            | DisconnectReason::TransportClose
            | DisconnectReason::TransportError
            | DisconnectReason::PingTimeout => None,
        }
    }

    /// What goes with the end of a session, or the last refusal of one, for that reason.
    pub(crate) const fn of_code(code: &Code) -> Self {
        match code {
            Code::Unauthorized => Self::Unauthorized,
            Code::Lapsed => Self::Lapsed,
            Code::Revoked => Self::Revoked,
            Code::RateLimited | Code::LimitExceeded => Self::TooMany,
            Code::Timeout | Code::Internal => Self::Internal,
            _ => Self::Forbidden,
        }
    }

    /// As clients see it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::Unauthorized => "unauthorized",
            Self::Lapsed => "lapsed",
            Self::Forbidden => "forbidden",
            Self::Revoked => "revoked",
            Self::ConnectTimeout => "connect_timeout",
            Self::BadFrame => "bad_frame",
            Self::Replaced => "replaced",
            Self::TooMany => "too_many",
            Self::Overflow => "overflow",
            Self::Internal => "internal",
            Self::Disconnected => "disconnected",
        }
    }

    /// The code with which a WebSocket is closed. For who knows none of them: from 4400 to 4499 never to
    /// come back but after 4429 and 4430, after all else later and later.
    pub(crate) const fn close_code(self) -> u16 {
        match self {
            // Clients and load balancers know it as: come back, elsewhere if you can.
            Self::ShuttingDown => 1012,
            Self::BadFrame => 4400,
            Self::Unauthorized | Self::Lapsed => 4401,
            Self::Forbidden | Self::Revoked => 4403,
            Self::ConnectTimeout => 4408,
            Self::Replaced => 4409,
            Self::Disconnected => 4410,
            Self::TooMany => 4429,
            Self::Overflow => 4430,
            Self::Internal => 4500,
        }
    }

    /// When the client is to come back; one of many that all have to is drawn its moment within `window`.
    pub(crate) const fn retry(self, window: Duration) -> Retry {
        match self {
            Self::ShuttingDown | Self::TooMany => Retry::Within(window),
            Self::Unauthorized | Self::Lapsed => Retry::Token,
            Self::Forbidden
            | Self::Revoked
            | Self::BadFrame
            | Self::Replaced
            | Self::Disconnected => Retry::Never,
            Self::ConnectTimeout | Self::Overflow | Self::Internal => Retry::Backoff,
        }
    }
}

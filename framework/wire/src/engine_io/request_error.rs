//! Why an HTTP request of a client was refused, as the reference words it.
//!
//! It must never hold details of the server: its text goes to anyone who asks.

/// A refused Engine.IO request. Clients match on these codes and texts, so they are the exact ones
/// of npm engine.io 6 (`server.ts`, `errors` and `errorMessages`).
///
/// ```
/// use salon_wire::engine_io::RequestError;
///
/// let error = RequestError::UnknownSession;
/// assert_eq!(error.status(), 400);
/// assert_eq!(error.to_json(), r#"{"code":1,"message":"Session ID unknown"}"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.message())]
#[expect(clippy::exhaustive_enums, reason = "the protocol numbers them")]
pub enum RequestError {
    /// The query's `transport` is missing or names none that is served.
    UnknownTransport,
    /// The query's `sid` names no open session.
    UnknownSession,
    /// A handshake came with another method than GET.
    BadHandshakeMethod,
    /// The request does not fit its session, for instance another transport than the session's.
    BadRequest,
    /// The application refused the request.
    Forbidden,
    /// The query's `EIO` is missing or not 4.
    UnsupportedVersion,
}

impl RequestError {
    /// The number that clients see, 0 to 5.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedVersion => 5,
        }
    }

    /// The text that clients see.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedVersion => "Unsupported protocol version",
        }
    }

    /// The HTTP status: 403 for [`RequestError::Forbidden`], else 400.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            _ => 400,
        }
    }

    /// The response body: the keys `code` and `message`, in this order.
    #[must_use]
    pub fn to_json(self) -> String {
        format!(r#"{{"code":{},"message":"{}"}}"#, self.code(), self.message())
    }
}

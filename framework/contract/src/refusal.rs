//! Why something was refused, in words and codes that a client may see.
//!
//! It must never carry what the client has no business to know: the log has the cause.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use crate::logged::Logged;

/// The stable codes of refusals; clients branch on them, so a code never changes its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// `unauthorized`: an identity is required, or the one presented is not valid.
    Unauthorized,
    /// `forbidden`: known, but not allowed.
    Forbidden,
    /// `lapsed`: the right was there, and has ended.
    Lapsed,
    /// `revoked`: the right was there, and was taken away.
    Revoked,
    /// `not_a_member`: only members of the room may send this event.
    NotAMember,
    /// `rate_limited`: more often than a rate allows, that of the event, of new rooms or of attempts to
    /// connect; `retry_after_ms` says when to try again.
    RateLimited,
    /// `limit_exceeded`: a count or size limit was reached.
    LimitExceeded,
    /// `invalid_payload`: the arguments do not fit the event.
    InvalidPayload,
    /// `key_reused`: an event that is handled once came with the key of another one, and other
    /// arguments.
    KeyReused,
    /// `unknown_event`: nobody handles an event of this name here.
    UnknownEvent,
    /// `not_found`: what the event is about does not exist.
    NotFound,
    /// `gone`: what it asks for is not kept any more.
    Gone,
    /// `closed`: the room has closed.
    Closed,
    /// `timeout`: no answer in time.
    Timeout,
    /// `disconnected`: the other side is gone.
    Disconnected,
    /// `internal`: the server's own fault; the log says more.
    Internal,
    /// A code of the application's own.
    Other(Cow<'static, str>),
}

impl Code {
    /// The framework's own codes.
    const ALL: [Self; 16] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::Lapsed,
        Self::Revoked,
        Self::NotAMember,
        Self::RateLimited,
        Self::LimitExceeded,
        Self::InvalidPayload,
        Self::KeyReused,
        Self::UnknownEvent,
        Self::NotFound,
        Self::Gone,
        Self::Closed,
        Self::Timeout,
        Self::Disconnected,
        Self::Internal,
    ];

    /// The code that is written so: the framework's own, if it is one.
    #[doc(hidden)]
    #[must_use]
    pub fn known(code: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        let known = Self::ALL.into_iter().find(|known| known.as_str() == code);
        known.unwrap_or(Self::Other(code))
    }

    /// The code as clients see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Lapsed => "lapsed",
            Self::Revoked => "revoked",
            Self::NotAMember => "not_a_member",
            Self::RateLimited => "rate_limited",
            Self::LimitExceeded => "limit_exceeded",
            Self::InvalidPayload => "invalid_payload",
            Self::KeyReused => "key_reused",
            Self::UnknownEvent => "unknown_event",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::Closed => "closed",
            Self::Timeout => "timeout",
            Self::Disconnected => "disconnected",
            Self::Internal => "internal",
            Self::Other(code) => code,
        }
    }
}

/// What a client was told; a code that is none of the framework's is the application's own.
///
/// ```
/// use salon::Code;
/// assert_eq!(Code::from("forbidden"), Code::Forbidden);
/// assert_eq!(Code::from("no_seat"), Code::Other("no_seat".into()));
/// ```
impl From<&str> for Code {
    fn from(code: &str) -> Self {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == code);
        known.unwrap_or_else(|| Self::Other(code.to_owned().into()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something was refused: a stable [`Code`], a message for people, and data for programs.
///
/// ```
/// use salon::Refusal;
/// let refusal = Refusal::forbidden("the lobby is locked");
/// assert_eq!(
///     serde_json::to_value(&refusal).unwrap(),
///     serde_json::json!({ "code": "forbidden", "message": "the lobby is locked" }),
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    code: Code,
    message: Cow<'static, str>,
    data: Option<Box<Value>>,
}

impl Refusal {
    /// A refusal with a code and a message.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// A refusal with a code of the application's own.
    pub fn other(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Code::Other(code.into()), message)
    }

    /// An identity is required, or the one presented is not valid.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unauthorized, message)
    }

    /// Known, but not allowed.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// What was asked for does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// The server's own fault. `cause` is logged and never sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        // In the log it is the framework's, as all that goes wrong in a handler.
        tracing::error!(target: "salon", cause = %Logged(&cause), "internal error in a handler");
        Self::logged_already()
    }

    /// As [`internal`](Self::internal), where the log has the cause already.
    #[doc(hidden)]
    #[must_use]
    pub fn logged_already() -> Self {
        Self::new(Code::Internal, "internal error")
    }

    /// Adds data for programs: as `data` of a Socket.IO `connect_error`, and as `data` in the
    /// refusal of an event.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The data for programs, if any.
    #[must_use]
    pub fn data(&self) -> Option<&Value> {
        self.data.as_deref()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refusal =
            serializer.serialize_struct("Refusal", 2 + usize::from(self.data.is_some()))?;
        refusal.serialize_field("code", self.code.as_str())?;
        refusal.serialize_field("message", &self.message)?;
        match &self.data {
            Some(data) => refusal.serialize_field("data", data)?,
            None => refusal.skip_field("data")?,
        }
        refusal.end()
    }
}

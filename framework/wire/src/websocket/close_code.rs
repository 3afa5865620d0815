//! The status codes of close frames.
//!
//! It must never be one that may not be on the wire where a frame is read.

/// A close frame's status code.
///
/// Source: RFC 6455, section 7.4, and the IANA registry for 1012 to 1014.
///
/// ```
/// use salon_wire::websocket::CloseCode;
///
/// assert!(CloseCode::NORMAL.is_valid_on_wire());
/// assert!(!CloseCode::from(1006).is_valid_on_wire()); // means that no close frame came
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose was fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server goes down, or the page was left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The other side broke the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A message is not what its type says, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// A rule was broken for which there is no other code.
    pub const POLICY: Self = Self(1008);
    /// A message is too big.
    pub const TOO_BIG: Self = Self(1009);
    /// The server failed.
    pub const INTERNAL: Self = Self(1011);
    /// The server restarts; come back in a while.
    pub const RESTART: Self = Self(1012);
    /// The server has too much to do; come back later.
    pub const TRY_AGAIN: Self = Self(1013);

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// Whether a close frame may carry it: registered and meant for the wire, or 3000 to 4999 for
    /// libraries and applications.
    #[must_use]
    pub fn is_valid_on_wire(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl std::fmt::Display for CloseCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

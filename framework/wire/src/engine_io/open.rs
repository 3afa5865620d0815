//! The handshake: what a server tells a client first.
//!
//! It must never hold a key beyond the protocol's five: clients are tested against exactly those.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The data of an open packet.
///
/// Source: <https://socket.io/docs/v4/engine-io-protocol/#handshake>.
///
/// ```
/// use std::time::Duration;
/// use salon_wire::engine_io::Open;
///
/// let open = Open {
///     sid: "a1",
///     upgrades: &["websocket"],
///     ping_interval: Duration::from_secs(25),
///     ping_timeout: Duration::from_secs(20),
///     max_payload: 1_000_000,
/// };
/// assert_eq!(
///     open.to_json(),
///     r#"{"sid":"a1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
/// );
/// ```
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Open<'a> {
    /// The session id that later requests name.
    pub sid: &'a str,
    /// Transports the client may move to: `["websocket"]` over polling, none over WebSocket.
    pub upgrades: &'a [&'a str],
    /// Between two pings; whole milliseconds on the wire.
    #[serde(serialize_with = "milliseconds")]
    pub ping_interval: Duration,
    /// How long the server waits for a pong; whole milliseconds on the wire.
    #[serde(serialize_with = "milliseconds")]
    pub ping_timeout: Duration,
    /// Bytes that one message or one polling request body may have.
    pub max_payload: usize,
}

impl Open<'_> {
    /// The keys `sid`, `upgrades`, `pingInterval`, `pingTimeout`, `maxPayload`, in this order.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialize")
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    serializer.serialize_u64(milliseconds)
}

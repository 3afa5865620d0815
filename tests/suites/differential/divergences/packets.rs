//! Deliberate divergences about single packets.
//!
//! It must never hold what is about the size or the nesting of a packet: `payloads` does.

use super::{IGNORED, REFUSED_OVER_POLLING, REFUSED_OVER_WEBSOCKET, WEBSOCKETS, entry};
use crate::divergence::Divergence;
use crate::script::Mode;

const ONE_REASON: &str = "the reason of a close does not depend on the transport";
const WHOLE_EVENT: &str = "an event that came whole is handled, whatever follows it";
const CLOSE_IS_CLOSE: &str = "a close packet means the same on every transport";
const NEVER_FROM_CLIENTS: &str = "a packet that no client may send is a bad packet like any other";

/// A packet that does not fit the state of the connection, over polling.
const CLOSED_BY_SERVER_OVER_POLLING: &[&str] = &[
    r#"a << 6"#,
    r#"a << 1"#,
    r#"a << closed: GET 400 {"code":1,"message":"Session ID unknown"}"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced server close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced server close","rooms":[]}]"#,
];

/// A packet that does not fit the state of the connection, over WebSocket.
const CLOSED_BY_SERVER_OVER_WEBSOCKET: &[&str] = &[
    r#"a << closed: without a code"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced server close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced server close","rooms":[]}]"#,
];

/// A binary event, then a bad packet, over polling.
const ECHO_THEN_REFUSED_OVER_POLLING: &[&str] = &[
    r#"a << 451-["echo",{"_placeholder":true,"num":0}]"#,
    r#"a << bAQID"#,
    r#"a << 6"#,
    r#"a << 1"#,
    r#"a << closed: GET 400 {"code":1,"message":"Session ID unknown"}"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced close","rooms":[]}]"#,
];

/// A binary event, then a bad packet, over WebSocket.
const ECHO_THEN_REFUSED_OVER_WEBSOCKET: &[&str] = &[
    r#"a << 451-["echo",{"_placeholder":true,"num":0}]"#,
    r#"a << binary [1, 2, 3]"#,
    r#"a << closed: without a code"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced close","rooms":[]}]"#,
];

/// A close of the client.
const CLOSED_BY_CLIENT: &[&str] = &[
    r#"a << closed: without a code"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// All of them.
pub(super) const DIVERGENCES: &[Divergence] = &[
    entry(
        ("bad packets", "CONNECT twice"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, CLOSED_BY_SERVER_OVER_WEBSOCKET),
        ONE_REASON,
    ),
    entry(
        ("bad packets", "CONNECT twice with auth"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, CLOSED_BY_SERVER_OVER_WEBSOCKET),
        ONE_REASON,
    ),
    entry(
        ("bad packets", "event of an unknown namespace"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, CLOSED_BY_SERVER_OVER_WEBSOCKET),
        ONE_REASON,
    ),
    entry(
        ("bad packets", "event of a namespace not joined"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, CLOSED_BY_SERVER_OVER_WEBSOCKET),
        ONE_REASON,
    ),
    entry(
        ("bad packets", "disconnect of a namespace not joined"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, CLOSED_BY_SERVER_OVER_WEBSOCKET),
        ONE_REASON,
    ),
    entry(
        ("bad packets", "CONNECT_ERROR"),
        &[Mode::Polling],
        (CLOSED_BY_SERVER_OVER_POLLING, REFUSED_OVER_POLLING),
        NEVER_FROM_CLIENTS,
    ),
    entry(
        ("bad packets", "CONNECT_ERROR of another namespace"),
        &[Mode::Polling],
        (CLOSED_BY_SERVER_OVER_POLLING, REFUSED_OVER_POLLING),
        NEVER_FROM_CLIENTS,
    ),
    entry(
        ("bad attachments", "one too many"),
        &[Mode::Polling],
        (REFUSED_OVER_POLLING, ECHO_THEN_REFUSED_OVER_POLLING),
        WHOLE_EVENT,
    ),
    entry(
        ("bad attachments", "one too many"),
        WEBSOCKETS,
        (REFUSED_OVER_WEBSOCKET, ECHO_THEN_REFUSED_OVER_WEBSOCKET),
        WHOLE_EVENT,
    ),
    entry(
        ("unknown engine packets", "a close packet"),
        WEBSOCKETS,
        (IGNORED, CLOSED_BY_CLIENT),
        CLOSE_IS_CLOSE,
    ),
    entry(
        ("unknown engine packets", "a close packet with data"),
        WEBSOCKETS,
        (IGNORED, CLOSED_BY_CLIENT),
        CLOSE_IS_CLOSE,
    ),
];

//! Where Salon deliberately answers otherwise than the reference, each with its reason.
//!
//! It must never hold a difference that nobody chose: such a one is a fault of Salon.

use crate::divergence::Divergence;
use crate::script::{EVERY_MODE, Mode, OWN_REQUESTS};

const WEBSOCKETS: &[Mode] = &[Mode::WebSocket, Mode::Upgraded];

const BEYOND_64_BITS: &str = "an id beyond 64 bits cannot be given back as it came";
const NESTED_TOO_DEEPLY: &str = "beyond 128 levels a placeholder is not looked for";
const UNKNOWN_ORIGIN: &str =
    "an origin that is not allowed gets nothing, instead of an answer that its browser hides";
const FORBIDDEN: &[&str] =
    &["status 403", "content-type: application/json", r#"body {"code":4,"message":"Forbidden"}"#];

/// A preflight that a browser takes for a refusal.
const PREFLIGHT_WITHOUT_ORIGIN: &[&str] = &[
    "status 204",
    "access-control-allow-credentials: true",
    "access-control-allow-methods: get,head,put,patch,post,delete",
    "body ",
];

/// A handshake that a browser hides from its page.
const HANDSHAKE_WITHOUT_ORIGIN: &[&str] = &[
    "status 200",
    "access-control-allow-credentials: true",
    "content-type: text/plain; charset=utf-8",
    concat!(
        r#"body 0{"sid":"*","upgrades":["websocket"],"pingInterval":25000,"#,
        r#""pingTimeout":20000,"maxPayload":1000000}"#
    ),
];

/// A bad packet over polling.
const REFUSED_OVER_POLLING: &[&str] = &[
    "a << 6",
    "a << 1",
    r#"a << closed: GET 400 {"code":1,"message":"Session ID unknown"}"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced close","rooms":[]}]"#,
];

/// A bad packet over WebSocket.
const REFUSED_OVER_WEBSOCKET: &[&str] = &[
    "a << closed: without a code",
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"forced close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"forced close","rooms":[]}]"#,
];

/// A packet that nobody answers; the client closes afterwards.
const IGNORED: &[&str] = &[
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// The id as the nearest number with 53 bits.
const ANSWERED_WITH_64_BITS_ROUNDED: &[&str] = &[
    r#"a << 4318446744073709552000[1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// The id as it was sent.
const ANSWERED_WITH_64_BITS: &[&str] = &[
    r#"a << 4318446744073709551615[1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// The id as the nearest number with 53 bits, of one digit more.
const ANSWERED_WITH_20_DIGITS_ROUNDED: &[&str] = &[
    r#"a << 43100000000000000000000[1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// The id as what 400 digits are in JavaScript.
const ANSWERED_WITH_INFINITY: &[&str] = &[
    r#"a << 43Infinity[1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

const fn entry(
    (script, step): (&'static str, &'static str),
    modes: &'static [Mode],
    (reference, salon): (&'static [&'static str], &'static [&'static str]),
    reason: &'static str,
) -> Divergence {
    Divergence { script, step, modes, reference, salon, reason }
}

/// All of them.
pub(crate) const DIVERGENCES: &[Divergence] = &[
    entry(
        ("hostile ids", "as an unsigned number of 64 bits"),
        EVERY_MODE,
        (ANSWERED_WITH_64_BITS_ROUNDED, ANSWERED_WITH_64_BITS),
        "an id of 64 bits is kept whole",
    ),
    entry(
        ("hostile ids", "of 20 digits, beyond it"),
        &[Mode::Polling],
        (ANSWERED_WITH_20_DIGITS_ROUNDED, REFUSED_OVER_POLLING),
        BEYOND_64_BITS,
    ),
    entry(
        ("hostile ids", "of 20 digits, beyond it"),
        WEBSOCKETS,
        (ANSWERED_WITH_20_DIGITS_ROUNDED, REFUSED_OVER_WEBSOCKET),
        BEYOND_64_BITS,
    ),
    entry(
        ("hostile ids", "of 400 digits"),
        &[Mode::Polling],
        (ANSWERED_WITH_INFINITY, REFUSED_OVER_POLLING),
        BEYOND_64_BITS,
    ),
    entry(
        ("hostile ids", "of 400 digits"),
        WEBSOCKETS,
        (ANSWERED_WITH_INFINITY, REFUSED_OVER_WEBSOCKET),
        BEYOND_64_BITS,
    ),
    entry(
        ("hostile ids", "answering with 20 digits"),
        &[Mode::Polling],
        (IGNORED, REFUSED_OVER_POLLING),
        BEYOND_64_BITS,
    ),
    entry(
        ("hostile ids", "answering with 20 digits"),
        WEBSOCKETS,
        (IGNORED, REFUSED_OVER_WEBSOCKET),
        BEYOND_64_BITS,
    ),
    entry(
        ("deep nesting", "2,000 deep, binary"),
        &[Mode::Polling],
        (IGNORED, REFUSED_OVER_POLLING),
        NESTED_TOO_DEEPLY,
    ),
    entry(
        ("deep nesting", "2,000 deep, binary"),
        WEBSOCKETS,
        (IGNORED, REFUSED_OVER_WEBSOCKET),
        NESTED_TOO_DEEPLY,
    ),
    entry(
        ("preflights", "foreign"),
        OWN_REQUESTS,
        (PREFLIGHT_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
    entry(
        ("requests with an origin", "handshake, foreign"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
    entry(
        ("requests with an origin", "handshake, allowed in capitals"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
    entry(
        ("requests with an origin", "handshake, allowed with a port"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
    entry(
        ("requests with an origin", "handshake, null"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
];

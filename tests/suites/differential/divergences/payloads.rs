//! Deliberate divergences about hostile ids, keys, nesting and encodings.
//!
//! It must never hold what is about HTTP: `requests` does.

use super::{IGNORED, REFUSED_OVER_POLLING, REFUSED_OVER_WEBSOCKET, WEBSOCKETS, entry};
use crate::divergence::Divergence;
use crate::script::{EVERY_MODE, Mode};

const BEYOND_64_BITS: &str = "an id beyond 64 bits cannot be given back as it came";
const NESTED_TOO_DEEPLY: &str = "beyond 128 levels a placeholder is not looked for";
const PROTOTYPE: &str = "a key called __proto__ is a key like any other";
const NO_BASE64: &str = "what is not base64 is refused, not guessed at";

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

/// What JavaScript keeps in a prototype is not sent back.
const ECHO_WITHOUT_PROTOTYPE_OVER_POLLING: &[&str] = &[
    r#"a << 451-["echo",{}]"#,
    r#"a << bAQ=="#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/custom","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/custom","reason":"transport close","rooms":[]}]"#,
];

/// The same over WebSocket.
const ECHO_WITHOUT_PROTOTYPE_OVER_WEBSOCKET: &[&str] = &[
    r#"a << 451-["echo",{}]"#,
    r#"a << binary [1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/custom","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/custom","reason":"transport close","rooms":[]}]"#,
];

/// The echo, whole.
const ECHO_WITH_PROTOTYPE_OVER_POLLING: &[&str] = &[
    r#"a << 451-["echo",{"__proto__":{"_placeholder":true,"num":0}}]"#,
    r#"a << bAQ=="#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/custom","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/custom","reason":"transport close","rooms":[]}]"#,
];

/// The same over WebSocket.
const ECHO_WITH_PROTOTYPE_OVER_WEBSOCKET: &[&str] = &[
    r#"a << 451-["echo",{"__proto__":{"_placeholder":true,"num":0}}]"#,
    r#"a << binary [1]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/custom","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/custom","reason":"transport close","rooms":[]}]"#,
];

/// One of two equal keys.
const ECHO_OF_THE_LAST_KEY: &[&str] = &[
    r#"a << 42["echo",{"a":2}]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// Both keys.
const ECHO_OF_BOTH_KEYS: &[&str] = &[
    r#"a << 42["echo",{"a":1,"a":2}]"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// The bytes that another alphabet of base64 stands for.
const ECHO_OF_BASE64_FOR_ADDRESSES: &[&str] = &[
    r#"a << 451-["echo",{"_placeholder":true,"num":0}]"#,
    r#"a << b+/+/"#,
    r#"a << 43999["fence"]"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"transport close","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"transport close","rooms":[]}]"#,
];

/// A bad Engine.IO packet over polling.
const PARSE_ERROR: &[&str] = &[
    r#"a << POST 400 {"code":1,"message":"Session ID unknown"}"#,
    r#"a << closed: GET 400 {"code":1,"message":"Session ID unknown"}"#,
    r#"observer << 42/observer,["log",{"event":"disconnecting","namespace":"/","reason":"parse error","rooms":["self"]}]"#,
    r#"observer << 42/observer,["log",{"event":"disconnect","namespace":"/","reason":"parse error","rooms":[]}]"#,
];

/// All of them.
pub(super) const DIVERGENCES: &[Divergence] = &[
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
        ("hostile keys", "placeholder in a prototype"),
        &[Mode::Polling],
        (ECHO_WITHOUT_PROTOTYPE_OVER_POLLING, ECHO_WITH_PROTOTYPE_OVER_POLLING),
        PROTOTYPE,
    ),
    entry(
        ("hostile keys", "placeholder in a prototype"),
        WEBSOCKETS,
        (ECHO_WITHOUT_PROTOTYPE_OVER_WEBSOCKET, ECHO_WITH_PROTOTYPE_OVER_WEBSOCKET),
        PROTOTYPE,
    ),
    entry(
        ("hostile keys", "the same key twice"),
        EVERY_MODE,
        (ECHO_OF_THE_LAST_KEY, ECHO_OF_BOTH_KEYS),
        "an untyped value keeps what a client sent",
    ),
    entry(
        ("odd payloads", "binary that is not base64"),
        &[Mode::Polling],
        (REFUSED_OVER_POLLING, PARSE_ERROR),
        NO_BASE64,
    ),
    entry(
        ("odd payloads", "binary in base64 for addresses"),
        &[Mode::Polling],
        (ECHO_OF_BASE64_FOR_ADDRESSES, PARSE_ERROR),
        NO_BASE64,
    ),
];

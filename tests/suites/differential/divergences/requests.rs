//! Deliberate divergences about HTTP requests, WebSocket handshakes and origins.
//!
//! It must never hold what happens once a session is open: `packets` does.

use super::entry;
use crate::divergence::Divergence;
use crate::script::OWN_REQUESTS;

const UNKNOWN_ORIGIN: &str =
    "an origin that is not allowed gets nothing, instead of an answer that its browser hides";
const NEEDED_METHODS: &str = "only the methods that are served are allowed";
const NO_SUCH_METHOD: &str = "a method that is not served is the client's error";
const REFUSED_BEFORE_UPGRADE: &str =
    "a handshake that is wrong is refused, instead of being accepted and then broken off";
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

/// A handshake that a browser shows to its page.
const HANDSHAKE_WITH_ORIGIN: &[&str] = &[
    r#"status 200"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-origin: http://allowed.test"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 0{"sid":"*","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
];

/// A handshake whose origin names the port that its scheme has anyway.
const HANDSHAKE_WITH_PORT: &[&str] = &[
    r#"status 200"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-origin: http://allowed.test:80"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 0{"sid":"*","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
];

/// A handshake without an origin.
const HANDSHAKE: &[&str] = &[
    r#"status 200"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 0{"sid":"*","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
];

/// A preflight, on the reference.
const PREFLIGHT_FOR_EVERY_METHOD: &[&str] = &[
    r#"status 204"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-methods: get,head,put,patch,post,delete"#,
    r#"access-control-allow-origin: http://allowed.test"#,
    r#"body "#,
];

/// A preflight.
const PREFLIGHT_FOR_NEEDED_METHODS: &[&str] = &[
    r#"status 204"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-methods: get, post"#,
    r#"access-control-allow-origin: http://allowed.test"#,
    r#"body "#,
];

/// A preflight that asks for headers, on the reference.
const PREFLIGHT_OF_HEADERS_FOR_EVERY_METHOD: &[&str] = &[
    r#"status 204"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-headers: content-type,x-token"#,
    r#"access-control-allow-methods: get,head,put,patch,post,delete"#,
    r#"access-control-allow-origin: http://allowed.test"#,
    r#"body "#,
];

/// A preflight that asks for headers.
const PREFLIGHT_OF_HEADERS_FOR_NEEDED_METHODS: &[&str] = &[
    r#"status 204"#,
    r#"access-control-allow-credentials: true"#,
    r#"access-control-allow-headers: content-type,x-token"#,
    r#"access-control-allow-methods: get, post"#,
    r#"access-control-allow-origin: http://allowed.test"#,
    r#"body "#,
];

/// An error of the server, which harms no session.
const FAILED_METHOD: &[&str] = &[
    r#"status 500"#,
    r#"body "#,
    r#"the session afterwards"#,
    r#"status 200"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 40{"sid":"*"}\x1e42["welcome",{"namespace":"/","auth":{}}]"#,
];

/// An error of the client, which harms no session.
const BAD_METHOD: &[&str] = &[
    r#"status 400"#,
    r#"content-type: application/json"#,
    r#"body {"code":3,"message":"Bad request"}"#,
    r#"the session afterwards"#,
    r#"status 200"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 40{"sid":"*"}\x1e42["welcome",{"namespace":"/","auth":{}}]"#,
];

/// A body of which the bad bytes were replaced.
const REPLACED: &[&str] = &[
    r#"status 200"#,
    r#"content-type: text/html"#,
    r#"body ok"#,
    r#"the session afterwards"#,
    r#"status 200"#,
    r#"content-type: text/plain; charset=utf-8"#,
    r#"body 42["echo","�"]"#,
];

/// A body that ended its session.
const REFUSED: &[&str] = &[
    r#"status 200"#,
    r#"content-type: text/html"#,
    r#"body ok"#,
    r#"the session afterwards"#,
    r#"status 400"#,
    r#"content-type: application/json"#,
    r#"body {"code":1,"message":"Session ID unknown"}"#,
];

/// A refusal written into an open WebSocket, where it is no frame.
const BROKEN_OFF: &[&str] = &[
    "status 101",
    "body ",
    "frame 0x48 TP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: ",
];

/// A refused handshake.
const WRONG_VERSION: &[&str] =
    &[r#"status 400"#, r#"content-type: text/html"#, r#"body Unsupported protocol version"#];

/// No such path.
const NOT_FOUND: &[&str] = &[r#"status 404"#, r#"body "#];

/// All of them.
pub(super) const DIVERGENCES: &[Divergence] = &[
    entry(
        ("bad handshakes", "options"),
        OWN_REQUESTS,
        (
            &[r#"status 204"#, r#"body "#],
            &[
                r#"status 400"#,
                r#"content-type: application/json"#,
                r#"body {"code":2,"message":"Bad handshake method"}"#,
            ],
        ),
        "without an origin it is no preflight",
    ),
    entry(
        ("bad handshakes", "no slash at the end"),
        OWN_REQUESTS,
        (NOT_FOUND, HANDSHAKE),
        "a client may leave the slash out",
    ),
    entry(
        ("bad handshakes", "a longer path"),
        OWN_REQUESTS,
        (HANDSHAKE, NOT_FOUND),
        "what is below the path is the app's own",
    ),
    entry(
        ("bad requests of a session", "put"),
        OWN_REQUESTS,
        (FAILED_METHOD, BAD_METHOD),
        NO_SUCH_METHOD,
    ),
    entry(
        ("bad requests of a session", "delete"),
        OWN_REQUESTS,
        (FAILED_METHOD, BAD_METHOD),
        NO_SUCH_METHOD,
    ),
    entry(
        ("bad bodies", "invalid UTF-8"),
        OWN_REQUESTS,
        (REPLACED, REFUSED),
        "what is not UTF-8 is refused, not altered",
    ),
    entry(
        ("bad websocket handshakes", "no protocol"),
        OWN_REQUESTS,
        (BROKEN_OFF, WRONG_VERSION),
        REFUSED_BEFORE_UPGRADE,
    ),
    entry(
        ("bad websocket handshakes", "protocol 3"),
        OWN_REQUESTS,
        (BROKEN_OFF, WRONG_VERSION),
        REFUSED_BEFORE_UPGRADE,
    ),
    entry(
        ("bad websocket handshakes", "polling by name"),
        OWN_REQUESTS,
        (
            &[r#"status 101"#, r#"body "#, r#"frame 0x88 "#],
            &[r#"status 400"#, r#"content-type: text/html"#, r#"body Bad request"#],
        ),
        REFUSED_BEFORE_UPGRADE,
    ),
    entry(
        ("preflights", "allowed"),
        OWN_REQUESTS,
        (PREFLIGHT_FOR_EVERY_METHOD, PREFLIGHT_FOR_NEEDED_METHODS),
        NEEDED_METHODS,
    ),
    entry(
        ("preflights", "allowed, asking for headers"),
        OWN_REQUESTS,
        (PREFLIGHT_OF_HEADERS_FOR_EVERY_METHOD, PREFLIGHT_OF_HEADERS_FOR_NEEDED_METHODS),
        NEEDED_METHODS,
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
        (HANDSHAKE_WITHOUT_ORIGIN, HANDSHAKE_WITH_ORIGIN),
        "scheme and host of an origin are the same in capitals",
    ),
    entry(
        ("requests with an origin", "handshake, allowed with a port"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, HANDSHAKE_WITH_PORT),
        "an origin is the same with the port that its scheme has anyway",
    ),
    entry(
        ("requests with an origin", "handshake, null"),
        OWN_REQUESTS,
        (HANDSHAKE_WITHOUT_ORIGIN, FORBIDDEN),
        UNKNOWN_ORIGIN,
    ),
];

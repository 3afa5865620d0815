//! Where Salon deliberately answers otherwise than the reference, each with its reason.
//!
//! It must never hold a difference that nobody chose: such a one is a fault of Salon.

mod packets;
mod payloads;
mod requests;

use crate::divergence::Divergence;
use crate::script::Mode;

const WEBSOCKETS: &[Mode] = &[Mode::WebSocket, Mode::Upgraded];

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

const fn entry(
    (script, step): (&'static str, &'static str),
    modes: &'static [Mode],
    (reference, salon): (&'static [&'static str], &'static [&'static str]),
    reason: &'static str,
) -> Divergence {
    Divergence { script, step, modes, reference, salon, reason }
}

/// All of them.
pub(crate) fn divergences() -> Vec<Divergence> {
    [packets::DIVERGENCES, payloads::DIVERGENCES, requests::DIVERGENCES].concat()
}

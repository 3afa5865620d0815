//! Input made to exhaust or confuse a server.

use crate::peer::Packet;
use crate::script::{EVERY_MODE, Mode, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "hostile ids" => hostile_ids, EVERY_MODE;
    "hostile keys" => hostile_keys, EVERY_MODE;
    "deep nesting" => deep_nesting, EVERY_MODE;
    "separators alone" => separators_alone, &[Mode::Polling];
    "oversize messages" => oversize_messages, &[Mode::WebSocket, Mode::Upgraded];
    "odd payloads" => odd_payloads, &[Mode::Polling];
}

async fn hostile_ids(stage: Stage) -> Result<()> {
    stage
        .try_each(&[
            (
                "as an unsigned number of 64 bits",
                &[Packet::Text(r#"4218446744073709551615["echo",1]"#)],
            ),
            ("of 20 digits, beyond it", &[Packet::Text(r#"4299999999999999999999["echo",1]"#)]),
            ("answering with 20 digits", &[Packet::Text("4399999999999999999999[]")]),
            ("of 400 digits", &[Packet::Text(&format!(r#"42{}["echo",1]"#, "9".repeat(400)))]),
            ("negative", &[Packet::Text(r#"42-1["echo",1]"#)]),
            ("with a sign", &[Packet::Text(r#"42+1["echo",1]"#)]),
            ("with a space", &[Packet::Text(r#"421 ["echo",1]"#)]),
        ])
        .await
}

async fn hostile_keys(stage: Stage) -> Result<()> {
    stage
        .try_each(&[
            ("prototype in a value", &[Packet::Text(r#"42["echo",{"__proto__":{"polluted":1}}]"#)]),
            ("prototype in auth", &[Packet::Text(r#"40/custom,{"__proto__":{"polluted":1}}"#)]),
            (
                "placeholder in a prototype",
                &[
                    Packet::Text(r#"451-["echo",{"__proto__":{"_placeholder":true,"num":0}}]"#),
                    Packet::Binary(&[1]),
                ],
            ),
            ("the same key twice", &[Packet::Text(r#"42["echo",{"a":1,"a":2}]"#)]),
        ])
        .await
}

/// Sent to nobody: the reference parses what is nested deeply, and its process dies if it has to
/// encode it.
async fn deep_nesting(stage: Stage) -> Result<()> {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let hundred = nested(100);
    let deep = nested(10_000);
    stage
        .try_each(&[
            ("100 deep", &[Packet::Text(&format!(r#"42["nobody",{hundred}]"#))]),
            ("10,000 deep", &[Packet::Text(&format!(r#"42["nobody",{deep}]"#))]),
            (
                "100 deep, binary",
                &[
                    Packet::Text(&format!(
                        r#"451-["nobody",{{"_placeholder":true,"num":0}},{hundred}]"#
                    )),
                    Packet::Binary(&[1]),
                ],
            ),
            (
                "2,000 deep, binary",
                &[
                    Packet::Text(&format!(
                        r#"451-["nobody",{{"_placeholder":true,"num":0}},{}]"#,
                        nested(2_000)
                    )),
                    Packet::Binary(&[1]),
                ],
            ),
            (
                "10,000 deep, not closed",
                &[Packet::Text(&format!(r#"42["nobody",{}"#, "[".repeat(10_000)))],
            ),
            (
                "10,000 deep in a refused auth",
                &[Packet::Text(&format!(r#"40/auth,{{"a":{deep}}}"#))],
            ),
        ])
        .await
}

async fn separators_alone(stage: Stage) -> Result<()> {
    let separators = "\u{1e}".repeat(999_999);
    stage
        .try_each(&[
            ("one", &[Packet::Text("\u{1e}")]),
            ("a megabyte", &[Packet::Text(&separators)]),
            ("behind an event", &[Packet::Text("42[\"echo\",1]\u{1e}")]),
            ("before an event", &[Packet::Text("\u{1e}42[\"echo\",1]")]),
        ])
        .await
}

async fn oversize_messages(stage: Stage) -> Result<()> {
    let head = r#"42["echo",""]"#.len();
    let above = format!(r#"42["echo","{}"]"#, "y".repeat(1_000_001 - head));
    stage
        .try_each(&[
            ("text, one byte above", &[Packet::Text(&above)]),
            ("binary, one byte above", &[Packet::Binary(&vec![0; 1_000_001])]),
        ])
        .await
}

async fn odd_payloads(stage: Stage) -> Result<()> {
    stage
        .try_each(&[
            ("empty", &[Packet::Text("")]),
            ("binary that is not base64", &[Packet::Text("b%%%")]),
            (
                "binary in base64 for addresses",
                &[
                    Packet::Text(r#"451-["echo",{"_placeholder":true,"num":0}]"#),
                    Packet::Text("b-_-_"),
                ],
            ),
            (
                "binary without padding",
                &[
                    Packet::Text(r#"451-["echo",{"_placeholder":true,"num":0}]"#),
                    Packet::Text("bAQ"),
                ],
            ),
            ("an event behind a bad packet", &[Packet::Text("x"), Packet::Text(r#"42["echo"]"#)]),
            ("an event behind a close", &[Packet::Text("1"), Packet::Text(r#"42["echo"]"#)]),
        ])
        .await
}

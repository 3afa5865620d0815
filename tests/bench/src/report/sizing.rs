//! A machine sized from the results: an example with the figures of this run.
//!
//! It must never promise: what an app's handlers do comes on top.

use std::fmt::Write as _;

use salon::config::Limits;

use super::{Results, number};
use crate::{alone::Alone, peer::Peer};

const PLAYERS: f64 = 10_000.0;
const ROOM: f64 = 8.0;
/// Messages of one player, a second.
const EACH: f64 = 2.0;
/// How many of a hundred clients are slow at a time.
const SLOW: f64 = 1.0;

/// The example as a table in Markdown; nothing if a figure of it was not measured.
pub(super) fn example(results: &Results, alone: &Alone) -> Option<String> {
    let column = results.peers.iter().position(|peer| *peer == Peer::Salon)?;
    let median = |mode, figure| Some(results.row(mode, figure)?.spread(column)?.median);
    let resident =
        |what: &str| Some(alone.memory.iter().find(|memory| memory.what == what)?.resident as f64);
    let shared = median("rooms", "CPU per delivery")?;
    let (message, single) =
        (median("moderate", "CPU per message")?, median("fan-out", "CPU per delivery")?);
    let connection = median("idle", "memory per connection")?;
    let socket = median("idle", "the kernel's memory per socket")?;
    let back = median("storm", "CPU per reconnection")?;
    let (room, membership) = (resident("an idle room")?, resident("a membership")?);

    let (messages, deliveries) = (PLAYERS * EACH, PLAYERS * EACH * (ROOM - 1.0));
    let (least, most) =
        (deliveries * shared / 1e6, messages.mul_add(message, deliveries * single) / 1e6);
    let outbox = Limits::default().max_outbox_bytes as f64;
    let slow = PLAYERS * SLOW / 100.0;
    let rooms = PLAYERS / ROOM;
    let memory = PLAYERS * (connection + membership) + rooms * room + slow * outbox;
    let megabytes = |bytes: f64| format!("{} MB", number(bytes / 1e6));
    let rows = [
        (
            "messages",
            format!("{PLAYERS} players × {EACH} a second"),
            format!("{messages} a second"),
        ),
        (
            "deliveries",
            format!("{messages} × {} others", ROOM - 1.0),
            format!("{deliveries} a second"),
        ),
        (
            "CPU at full load, where frames share a write",
            format!("{deliveries} × {} µs (`rooms`)", number(shared)),
            format!("{} cores", number(least)),
        ),
        (
            "CPU where each frame is a write of its own",
            format!(
                "{messages} × {} µs (`moderate`) + {deliveries} × {} µs (`fan-out`)",
                number(message),
                number(single)
            ),
            format!("{} cores", number(most)),
        ),
        (
            "workers, half of each for storms",
            "2 × the second".to_owned(),
            format!("{}", (2.0 * most).ceil()),
        ),
        (
            "memory of connections and memberships",
            format!("{PLAYERS} × ({} B + {} B)", number(connection), number(membership)),
            megabytes(PLAYERS * (connection + membership)),
        ),
        (
            "memory of rooms",
            format!("{rooms} × {} B, and their state", number(room)),
            megabytes(rooms * room),
        ),
        (
            "outboxes of slow clients",
            format!("{slow} × `max_outbox_bytes`"),
            megabytes(slow * outbox),
        ),
        ("memory of the process", "the three above".to_owned(), megabytes(memory)),
        (
            "memory of the kernel, for sockets at rest",
            format!("{PLAYERS} × {} B", number(socket)),
            megabytes(PLAYERS * socket),
        ),
        (
            "everyone comes back",
            format!("{PLAYERS} × {} µs (`storm`)", number(back)),
            format!("{} s of one core", number(PLAYERS * back / 1e6)),
        ),
        ("descriptors", format!("2 × {PLAYERS}"), format!("{}", 2.0 * PLAYERS)),
    ];
    let mut text = "| what | from | is |\n|---|---|---|\n".to_owned();
    for (what, from, is) in rows {
        let _ = writeln!(text, "| {what} | {from} | {is} |");
    }
    Some(text)
}

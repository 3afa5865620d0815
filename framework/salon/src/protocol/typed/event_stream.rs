//! Frames as events of a stream, and the position that each is known by.
//!
//! Source: WHATWG HTML, section 9.2, "Server-sent events". It must never let a name into the stream that
//! could end a line of it.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::json;

use crate::{
    message::{At, Epoch, Position},
    wire::typed::FrameRef,
};

/// What a room's name is not written as it is.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Bytes of an id that a client presents: those of a room's name, and of what stands in front of it.
const LONGEST: usize = 4 * 1024;

/// By what an event is known: `b7a01f93c2.12.chat:lounge`. It is the event's, and not the client's, so that
/// it is written once for all.
pub(super) struct EventId<'a> {
    pub(super) epoch: &'a dyn fmt::Display,
    pub(super) seq: u64,
    pub(super) room: &'a str,
}

impl<'a> EventId<'a> {
    /// That of a position which a member is told.
    pub(super) fn of(position: &'a Position) -> Option<Self> {
        let (At::Seq(seq) | At::After(seq)) = position.at;
        Some(Self { epoch: &position.epoch, seq, room: &position.room })
    }
}

impl fmt::Display for EventId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, seq, room } = self;
        write!(f, "{epoch}.{seq}.{}", utf8_percent_encode(room, ESCAPED))
    }
}

/// A frame as an event behind `front`.
pub(super) fn written(front: &str, frame: FrameRef<'_>, id: Option<&EventId<'_>>) -> String {
    let mut before = String::from(front);
    if let Some(id) = id {
        // A text takes all that is written.
        let _ = writeln!(before, "id: {id}");
    }
    before.push_str("data: ");
    frame.write_between(&before, "\n\n")
}

/// What says in how long an `EventSource` is to come back.
pub(crate) fn retry(after_ms: u64) -> String {
    format!("retry: {after_ms}\n")
}

/// What a client that has seen the event of that id says of its rooms, as `auth` of a CONNECT has it;
/// nothing if it is no such id.
pub(crate) fn seen(last_event_id: &str) -> Option<String> {
    if last_event_id.len() > LONGEST {
        return None;
    }
    let (epoch, rest) = last_event_id.split_once('.')?;
    let (seq, room) = rest.split_once('.')?;
    let (seq, room) = (seq.parse::<u64>().ok()?, percent_decode_str(room).decode_utf8().ok()?);
    Epoch::parse(epoch)?;
    let seen = json!({ &*room: { "epoch": epoch, "seq": seq } });
    Some(json!({ "salon": { "after": seen } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let epoch = Epoch::draw();
        for room in ["chat:lounge", "chat:a.b", "chat:100%\r\n\0é", ""] {
            let id = EventId { epoch: &epoch, seq: 12, room }.to_string();
            assert!(!id.contains(char::is_control), "{id:?}");
            let expected = json!({ "salon": { "after": { room: { "epoch": epoch.to_string(), "seq": 12 } } } });
            assert_eq!(seen(&id), Some(expected.to_string()), "{id}");
        }
    }

    #[test]
    fn what_is_no_id_says_nothing() {
        let long = format!("b7a01f93c2.1.{}", "a".repeat(LONGEST));
        for wrong in
            ["", "12", "b7a01f93c2.12", "b7a01f93c2.x.a", "another.1.a", "b7a01f93c2.-1.a", &long]
        {
            assert_eq!(seen(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_frame_is_one_event_of_a_stream() {
        let frame = FrameRef::Event { id: None, name: "a", values: "1", last: None };
        assert_eq!(written("", frame, None), "data: [\"a\",1]\n\n");
        let id = EventId { epoch: &"b7a01f93c2", seq: 12, room: "chat:lounge" };
        let event = written("", frame, Some(&id));
        assert_eq!(event, "id: b7a01f93c2.12.chat:lounge\ndata: [\"a\",1]\n\n");
    }
}

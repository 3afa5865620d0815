//! Where something is in the order of what a room publishes.
//!
//! It must never tell how many rooms or sessions there have been: an epoch is drawn, not counted.

use std::fmt;

use bytestring::ByteString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use crate::base::random;

/// Where an event is in the order of its room: the last argument of each event that a room sends,
/// as `{ room: "lobby:7", epoch: "b7a01f93c2", seq: 12 }`.
///
/// What goes to the members as one, by `broadcast` or `except`, has a number of its own in that
/// order, `seq`: from 1, each one more than the one before. Whoever was left out by `except` misses
/// that number, and nobody else does; in a room with a [`History`](crate::History) it is told so, by
/// `salon:skip`. What goes to one member alone, and what a slow client may miss, has the number `after`
/// which it was sent: dropping it makes no gap.
///
/// The numbers begin anew with another `epoch` when the room was rebuilt: closed and opened again,
/// or restarted after a panic. Two positions are comparable only if room and epoch are the same.
///
/// ```
/// use salon::{Position, At};
///
/// let json = r#"{"room":"lobby:7","epoch":"b7a01f93c2","seq":12}"#;
/// let position: Position = serde_json::from_str(json)?;
/// assert_eq!(position.at, At::Seq(12));
/// assert_eq!(serde_json::to_string(&position)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// The room's name: its kind and its key.
    pub room: String,
    /// Which of the orders that a room of that name has had.
    pub epoch: String,
    /// Where in that order.
    #[serde(flatten)]
    pub at: At,
}

/// Where in the order of one room and epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "in an order there is nothing else")]
pub enum At {
    /// It has this number of its own.
    Seq(u64),
    /// It has none, and comes after this one; after 0 if there was none yet.
    After(u64),
}

impl At {
    fn parts(self) -> (&'static str, u64) {
        match self {
            Self::Seq(number) => ("seq", number),
            Self::After(number) => ("after", number),
        }
    }
}

/// Which of the orders that a room of one name has had: drawn at random, so that those of several
/// processes do not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch([u8; 5]);

impl Epoch {
    /// A new one.
    pub(crate) fn draw() -> Self {
        let mut epoch = [0; 5];
        if let Err(error) = random::fill(&mut epoch) {
            tracing::error!(%error, "the operating system gives no random bytes for an epoch");
        }
        Self(epoch)
    }

    /// The one that is written so, if any is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut epoch = [0; 5];
        for (byte, digits) in epoch.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        let epoch = Self(epoch);
        (epoch.to_string() == text).then_some(epoch)
    }
}

/// The last that a client has seen of a room's order, as it says: `{ epoch, seq }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Seen {
    /// Of which order; `None` if no room of any process has had it.
    #[serde(deserialize_with = "epoch_or_none")]
    pub(crate) epoch: Option<Epoch>,
    /// The number of the last that it has seen; 0 if it has seen nothing.
    pub(crate) seq: u64,
}

impl Seen {
    /// The number `seq` of the order that is called so.
    pub(crate) fn new(epoch: &str, seq: u64) -> Self {
        Self { epoch: Epoch::parse(epoch), seq }
    }
}

fn epoch_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Epoch>, D::Error> {
    String::deserialize(deserializer).map(|text| Epoch::parse(&text))
}

/// A [`Position`] on its way to the wire; it costs no allocation.
#[derive(Clone, Debug)]
pub(crate) struct PositionOf {
    pub(crate) room: ByteString,
    pub(crate) epoch: Epoch,
    pub(crate) at: At,
}

impl From<PositionOf> for Position {
    fn from(PositionOf { room, epoch, at }: PositionOf) -> Self {
        Self { room: room.into(), epoch: epoch.to_string(), at }
    }
}

impl Serialize for PositionOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, number) = self.at.parts();
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("room", &*self.room)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry(name, &number)?;
        map.end()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_read_as_it_was_written_and_from_nothing_else() {
        let epoch = Epoch::draw();
        assert_eq!(Epoch::parse(&epoch.to_string()), Some(epoch));
        for wrong in
            ["", "b7a01f93c", "b7a01f93c2a", "B7a01f93c2", "+7a01f93c2", "é7a01f93c", "b7a01f93 2"]
        {
            assert_eq!(Epoch::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_client_has_seen_is_read_though_no_room_has_had_its_epoch() {
        let seen = |json| serde_json::from_str::<Seen>(json).ok();
        let epoch = Epoch::draw();
        let known = format!(r#"{{"epoch":"{epoch}","seq":7}}"#);
        assert_eq!(seen(&known), Some(Seen { epoch: Some(epoch), seq: 7 }));
        assert_eq!(seen(r#"{"epoch":"another","seq":0}"#), Some(Seen { epoch: None, seq: 0 }));
        for wrong in ["{}", r#"{"epoch":1,"seq":1}"#, r#"{"epoch":"a","seq":-1}"#, r#"{"seq":1}"#] {
            assert_eq!(seen(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        for at in [At::Seq(1), At::After(0)] {
            let room = ByteString::from_static("a \"room\"");
            let written = PositionOf { room, epoch: Epoch::draw(), at };
            let json = serde_json::to_string(&written).unwrap();
            let read: Position = serde_json::from_str(&json).unwrap();
            assert_eq!(read, written.into());
            assert_eq!(read.at, at);
        }
    }
}

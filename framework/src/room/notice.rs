//! What the framework itself tells a room's members: that they are in or out, that the room is
//! another.
//!
//! It must never tell one who is out as a member: of a room's own frames it gets no more.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::Value;

use super::{PresenceSnapshot, Room, actor::RoomActor, broadcaster::encode_or_log};
use crate::{
    message::{Content, PlaceOf, Publication},
    peer::Peer,
    refusal::Refusal,
    wire::socket_io::Arguments,
};

/// Why somebody is out.
pub(super) enum Reason<'a> {
    /// The framework has a code for it.
    Code(&'a str),
    /// The application says it.
    Stated(&'a Refusal),
}

#[derive(Serialize)]
struct Evicted<'a> {
    room: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

/// The beginning of what a member gets, or of what it gets from another state.
#[derive(Serialize)]
struct Beginning<'a> {
    #[serde(flatten)]
    place: At<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceSnapshot>,
}

/// Where it is.
#[derive(Serialize)]
#[serde(untagged)]
enum At<'a> {
    Numbered(PlaceOf),
    Unnumbered { room: &'a str },
}

impl<R: Room> RoomActor<R> {
    /// Tells one who is no member any more why it is out.
    pub(super) fn tell_evicted(&self, peer: &Arc<Peer>, reason: &Reason<'_>) {
        let (code, message, data) = match reason {
            Reason::Code(code) => (*code, None, None),
            Reason::Stated(refusal) => {
                (refusal.code().as_str(), Some(refusal.message()), refusal.data())
            }
        };
        let notice = Evicted { room: self.cx.roll.name(), code, message, data };
        if let Some(content) = self.notice("salon:evicted", &notice) {
            // Not one of the room's: of those it gets no more.
            let broadcaster = &self.cx.roll.broadcaster();
            let evicted = Publication::new(content).formed(&**broadcaster.codec());
            broadcaster.send_to(peer, evicted);
        }
    }

    /// Tells the members that what comes from now on is of another state, and of its order.
    pub(super) fn tell_restarted(&self) {
        if let Some(restarted) = self.notice_of_room("salon:restarted", &self.beginning()) {
            self.cx.roll.deliver(&restarted, None);
        }
    }

    /// Tells a new member where in the room's order it has come in, and who is there.
    pub(super) fn tell_joined(&self, peer: &Arc<Peer>) {
        if !R::NUMBERED && self.cx.attendance.is_none() {
            return;
        }
        if let Some(joined) = self.notice_of_room("salon:joined", &self.beginning()) {
            self.cx.roll.broadcaster().send_to(peer, joined);
        }
    }

    /// What comes from here on follows this.
    fn beginning(&self) -> Beginning<'_> {
        let roll = &self.cx.roll;
        let place = match roll.order.told() {
            Some(order) => At::Numbered(order.place(roll.name(), order.now())),
            None => At::Unnumbered { room: roll.name() },
        };
        let presence = self.cx.attendance.as_ref().map(|attendance| attendance.snapshot());
        Beginning { place, presence }
    }

    /// For members alone.
    fn notice_of_room(&self, name: &'static str, notice: &impl Serialize) -> Option<Publication> {
        let roll = &self.cx.roll;
        let notice = Publication::of_room(self.notice(name, notice)?, roll.room(), false);
        Some(notice.formed(&**roll.broadcaster().codec()))
    }

    fn notice(&self, name: &'static str, notice: &impl Serialize) -> Option<Content> {
        let payload = encode_or_log(name, Arguments::encode_single(notice))?;
        let (namespace, name) = (self.cx.roll.namespace().clone(), ByteString::from_static(name));
        Some(Content::Event { namespace, name, payload, order: None, question: None })
    }
}

//! What the framework itself tells a room's members: that they are in or out, that the room is
//! another.
//!
//! It must never tell one who is out as a member: of a room's own frames it gets no more.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::Value;

use super::actor::RoomActor;
use crate::{
    base::refusal::{Code, Refusal},
    hub::encode_or_log,
    message::{At, Class, Content, PositionOf, Publication},
    payload::Payload,
    room::{contract::Room, membership::Lost, presence::PresenceSnapshot},
    session::handle::SessionHandle,
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
    position: Told<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceSnapshot>,
    #[serde(flatten)]
    resumption: Option<Resumption>,
}

/// What became of what a member says that it has seen.
#[derive(Serialize)]
struct Resumption {
    resumed: bool,
    /// How many events follow that it missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<u64>,
    /// Why it gets none.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Lost>,
}

/// Where it is.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Numbered(PositionOf),
    Unnumbered { room: &'a str },
}

impl<R: Room> RoomActor<R> {
    /// Tells one who is no member any more why it is out.
    pub(super) fn tell_evicted(&self, handle: &Arc<SessionHandle>, reason: &Reason<'_>) {
        let (code, message, data) = match reason {
            Reason::Code(code) => (*code, None, None),
            Reason::Stated(refusal) => {
                (refusal.code().as_str(), Some(refusal.message()), refusal.data())
            }
        };
        let notice = Evicted { room: self.cx.members.name(), code, message, data };
        if let Some(content) = self.notice("salon:evicted", &notice) {
            // Not one of the room's: of those it gets no more.
            self.cx.members.send_to(handle, Publication::new(content));
        }
    }

    /// Tells those who were members that the room is no more.
    pub(super) fn tell_all_evicted(&self, members: &[Arc<SessionHandle>]) {
        let reason = Reason::Code(Code::Closed.as_str());
        for handle in members {
            self.tell_evicted(handle, &reason);
        }
    }

    /// Tells the members that what comes from now on is of another state, and of its order.
    pub(super) fn tell_restarted(&self) {
        if let Some(restarted) = self.notice_of_room("salon:restarted", &self.beginning(None)) {
            self.cx.members.deliver(&restarted, None);
        }
    }

    /// Tells a new member where in the room's order it has come in, and who is there; and if it was there
    /// before, whether it gets what it missed.
    pub(super) fn tell_joined(
        &self,
        handle: &Arc<SessionHandle>,
        resumption: Option<Result<u64, Lost>>,
    ) {
        if !R::SEQUENCED && self.cx.presence_state.is_none() {
            return;
        }
        if let Some(joined) = self.notice_of_room("salon:joined", &self.beginning(resumption)) {
            self.cx.members.send_to(handle, joined);
        }
    }

    /// What comes from here on follows this.
    fn beginning(&self, resumption: Option<Result<u64, Lost>>) -> Beginning<'_> {
        let members = &self.cx.members;
        let head = members.order.head();
        let begins = match resumption {
            Some(Ok(after)) => after,
            Some(Err(_)) | None => head,
        };
        let position = match members.order.told() {
            Some(order) => Told::Numbered(order.position(members.name(), At::After(begins))),
            None => Told::Unnumbered { room: members.name() },
        };
        let presence =
            self.cx.presence_state.as_ref().map(|presence_state| presence_state.snapshot());
        let resumption = resumption.map(|resumption| Resumption {
            resumed: resumption.is_ok(),
            replay: resumption.ok().map(|after| head - after),
            lost: resumption.err(),
        });
        Beginning { position, presence, resumption }
    }

    /// For members alone.
    fn notice_of_room(&self, name: &'static str, notice: &impl Serialize) -> Option<Publication> {
        let members = &self.cx.members;
        Some(Publication::of_room(self.notice(name, notice)?, members.room(), Class::Reliable))
    }

    fn notice(&self, name: &'static str, notice: &impl Serialize) -> Option<Content> {
        let payload = encode_or_log(name, Payload::encode_single(notice))?;
        let (namespace, name) =
            (self.cx.members.namespace().clone(), ByteString::from_static(name));
        Some(Content::Event { namespace, name, payload, order: None, question: None })
    }
}

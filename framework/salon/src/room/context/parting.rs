//! How a room's handler parts with members: it lets them go, puts them out, or closes the room.
//!
//! It must never do so while the handler runs: what it asks for is noted, and done after.

use super::room_context::{Action, RoomContext};
use crate::{
    base::refusal::Refusal,
    room::{contract::Room, membership::Member},
};

impl<R: Room> RoomContext<R> {
    /// Lets a member go that asked to: it is out when the handler has returned.
    pub fn leave(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::Leave(member.number()));
    }

    /// Puts a member out: it is out, and told so, when the handler has returned.
    pub fn evict(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::Evict(member.number(), None));
    }

    /// As [`evict`](Self::evict), and says why: the member's client gets the reason's code, its
    /// message, and its data if there is any, in place of the code `evicted`.
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// fn kick<R: Room>(member: &Member<R::Identity>, cx: &mut RoomContext<R>) {
    ///     // salon:evicted { room: "lobby:7", code: "kicked", message: "The host asked you to go." }
    ///     cx.evict_because(member, Refusal::other("kicked", "The host asked you to go."));
    /// }
    /// ```
    pub fn evict_because(&mut self, member: &Member<R::Identity>, reason: Refusal) {
        self.actions.push_back(Action::Evict(member.number(), Some(Box::new(reason))));
    }

    /// Closes the room when the handler has returned: [`Room::closing`] is called, then
    /// [`Room::left`] for each member, which is told `salon:evicted`.
    pub fn close(&mut self) {
        self.actions.push_back(Action::Close);
    }
}

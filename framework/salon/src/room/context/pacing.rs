//! One member's pace, for a room that has much for it alone.
//!
//! It must never hold up the room: what waits is a future, for [`spawn`](RoomContext::spawn).

use super::room_context::RoomContext;
use crate::{
    hub,
    room::{contract::Room, membership::Member},
};

impl<R: Room> RoomContext<R> {
    /// Waits until a member's client takes what it is sent, as [`Socket::ready`](crate::Socket::ready); the
    /// future is to be given to [`spawn`](Self::spawn).
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("library:page")]
    /// struct Page { number: usize, text: String }
    ///
    /// #[derive(Default)]
    /// struct Library { pages: Vec<String> }
    ///
    /// #[salon::room(key = u32, sends = (Page,))]
    /// impl Library {
    ///     /// One page after the other, as fast as the member reads.
    ///     fn show(&mut self, member: Member<()>, number: usize, cx: &mut RoomContext<Self>) {
    ///         let Some(text) = self.pages.get(number).cloned() else { return };
    ///         cx.to(&member).emit(&Page { number, text });
    ///         cx.spawn(cx.ready(&member), move |library, (), cx| {
    ///             if cx.is_member(&member) {
    ///                 library.show(member, number + 1, cx);
    ///             }
    ///         });
    ///     }
    /// }
    /// # let _ = Library::show;
    /// ```
    pub fn ready(&self, member: &Member<R::Identity>) -> impl Future<Output = ()> + use<R> {
        hub::ready(member.handle().clone())
    }
}

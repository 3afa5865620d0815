//! What a room's handler reaches beside its members: sessions, users, other rooms.
//!
//! It must never be in the room's order: what is sent so goes off at once.

use super::room_context::RoomContext;
use crate::{
    hub::{Audience, UserHandle},
    room::{contract::Room, handle::RoomHandle},
};

impl<R> RoomContext<R> {
    /// All sessions of the room's namespace, members or not, to emit to, to fetch, or to narrow
    /// down. Between this and what the room broadcasts there is no order.
    pub fn namespace(&self) -> Audience {
        Audience::new(self.members.broadcaster().clone(), self.members.namespace().clone())
    }

    /// Another room, by its key, whether it is open or not, and in whichever namespace. What it is
    /// sent goes off at once, also if this handler refuses or panics afterwards.
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// # struct Arena;
    /// # impl Room for Arena {
    /// #     const NAME: &'static str = "arena";
    /// #     type Key = u32;
    /// #     type Identity = ();
    /// #     type Events = ();
    /// #     type Sends = ();
    /// #     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> { Ok(Self) }
    /// # }
    /// # struct Tower;
    /// # impl Room for Tower {
    /// #     const NAME: &'static str = "tower";
    /// #     type Key = u32;
    /// #     type Identity = ();
    /// #     type Events = ();
    /// #     type Sends = ();
    /// #     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> { Ok(Self) }
    /// # }
    /// /// Round one is over in an arena.
    /// struct Over { arena: u32 }
    ///
    /// # impl Receive<Over> for Tower {
    /// #     fn receive(&mut self, _: Over, _: &mut RoomContext<Self>) {}
    /// # }
    /// struct TimeIsUp;
    ///
    /// impl Receive<TimeIsUp> for Arena {
    ///     fn receive(&mut self, _: TimeIsUp, cx: &mut RoomContext<Self>) {
    ///         let over = Over { arena: *cx.key() };
    ///         if let Err(refusal) = cx.room::<Tower>(&1).tell(over) {
    ///             eprintln!("the tower does not hear: {refusal}");
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `T`.
    #[must_use]
    pub fn room<T: Room>(&self, key: &T::Key) -> RoomHandle<T> {
        RoomHandle::of(self.members.broadcaster(), key)
    }

    /// Every session of one user, members of this room or not, by the subject that the authenticator
    /// gives. What it is sent goes off at once, also if this handler refuses or panics afterwards;
    /// between it and what the room broadcasts there is no order.
    #[must_use]
    pub fn user(&self, subject: &str) -> UserHandle {
        UserHandle::new(self.members.broadcaster().clone(), subject)
    }
}

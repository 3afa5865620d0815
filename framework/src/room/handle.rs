//! A room as the application reaches it from outside.
//!
//! It must never open a room just to tell it that somebody looked.

use std::{fmt, sync::Arc};

use serde::Serialize;
use tokio::sync::oneshot;

use super::{
    Directory, Receive, Room,
    sent::{Broadcast, Told},
};
use crate::{event::Event, refusal::Refusal};

/// One room, by its key, whether it is open or not.
///
/// ```no_run
/// use salon::prelude::*;
///
/// #[derive(Serialize, Event)]
/// #[event("news")]
/// struct News { text: String }
///
/// struct Open;
///
/// async fn example<R>(salon: &Salon, key: &R::Key) -> Result<(), Refusal>
/// where
///     R: Room + Receive<Open>,
/// {
///     let room = salon.room::<R>(key);
///     room.broadcast(News { text: "We open.".to_owned() }).await;
///     room.tell(Open)
/// }
/// ```
pub struct RoomHandle<R: Room> {
    key: R::Key,
    directory: Arc<Directory<R>>,
}

impl<R: Room> RoomHandle<R> {
    pub(crate) fn new(key: R::Key, directory: Arc<Directory<R>>) -> Self {
        Self { key, directory }
    }

    /// Sends an event to every member, and waits until the room has published it: in one order
    /// with what the room itself publishes. A room that is not open has no members.
    pub async fn broadcast<E: Event + Serialize + Send + 'static>(&self, event: E) {
        let (done, published) = oneshot::channel();
        self.directory.send_if_open(&self.key, |_ticket| Broadcast { event, _ticket, done });
        // An error means that the room is not open, or closed meanwhile.
        let _ = published.await;
    }

    /// Sends a message to the room, opening it if need be.
    ///
    /// # Errors
    /// `internal` while no worker serves this Salon.
    pub fn tell<M: Send + 'static>(&self, message: M) -> Result<(), Refusal>
    where
        R: Receive<M>,
    {
        self.directory.send(&self.key, None, |_ticket| Told { message, _ticket })
    }
}

impl<R: Room> fmt::Debug for RoomHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoomHandle({}:{})", R::NAME, self.key)
    }
}

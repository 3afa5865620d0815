//! What a room has while it is loaded: its key, and what is the application's.
//!
//! It must never reach into the room: there is none yet, and what is loaded borrows nothing of it.

use std::{fmt, marker::PhantomData, rc::Rc, sync::Arc};

use super::room_context::RoomContext;
use crate::{
    base::refusal::Refusal,
    room::{contract::Room, handle::RoomHandle, kept::Durable, membership::Shared},
    session::membership::RoomLink,
};

/// The surroundings of a room that is being loaded: what an async `open` gets in an impl block with
/// [`room`](macro@crate::room).
///
/// It is owned by what loads, and has nothing that changes the room: there is none yet. Timers, and
/// what else takes a [`RoomContext`], are for [`RoomContext::load_then`].
///
/// ```
/// use std::collections::HashMap;
///
/// use salon::prelude::*;
///
/// /// Where boards are kept; in an app it is a pool of connections to a database.
/// struct Boards(HashMap<u32, Vec<u8>>);
///
/// impl Boards {
///     async fn cells(&self, board: u32) -> Result<Vec<u8>, Refusal> {
///         self.0.get(&board).cloned().ok_or_else(|| Refusal::not_found("There is no such board."))
///     }
/// }
///
/// #[derive(Deserialize, Event)]
/// #[event("board:join", room = Board(board), join, reply = Vec<u8>)]
/// struct Join { board: u32 }
///
/// struct Board { cells: Vec<u8> }
///
/// #[salon::room(key = u32)]
/// impl Board {
///     #[hook]
///     async fn open(board: &u32, cx: &LoadContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self { cells: cx.data::<Boards>()?.cells(*board).await? })
///     }
///
///     #[on]
///     fn join(&mut self, _: Join) -> Vec<u8> {
///         self.cells.clone()
///     }
/// }
///
/// let boards = Boards(HashMap::from([(7, vec![0; 9])]));
/// let salon = Salon::builder().data(boards).room::<Board>().build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
pub struct LoadContext<R> {
    link: Arc<dyn RoomLink>,
    shared: Arc<Shared>,
    /// What the room has kept, if it is durable.
    pub(super) durable: Option<Rc<Durable>>,
    of: PhantomData<fn() -> R>,
}

impl<R: Room> LoadContext<R> {
    pub(crate) fn new(cx: &RoomContext<R>) -> Self {
        let (link, shared) = (cx.members.link.clone(), cx.members.shared.clone());
        Self { link, shared, durable: cx.members.durable.clone(), of: PhantomData }
    }

    /// The room's key.
    #[must_use]
    pub fn key(&self) -> &R::Key {
        // It is of a room of this kind.
        self.link.key().downcast_ref().expect("a room's link has a key of its kind")
    }

    /// The room's name: its kind and its key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.link.name()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.shared.data.get()
    }

    /// Another room, as [`RoomContext::room`]. One that waits for this one must not be waited for.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `T`.
    #[must_use]
    pub fn room<T: Room>(&self, key: &T::Key) -> RoomHandle<T> {
        RoomHandle::of(&self.shared.broadcaster, key)
    }
}

impl<R: Room> fmt::Debug for LoadContext<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadContext").field("room", self.link.name()).finish()
    }
}

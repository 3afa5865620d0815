//! The surroundings of a room, of which each piece of its code is given one.
//!
//! It must never name the room's type: what only some rooms can do stands in the files beside this one.

use std::{any::Any, collections::VecDeque, fmt, rc::Rc};

use serde::Serialize;

use super::{antechamber::Antechamber, newest::Newest};
use crate::{
    base::{contained::Running, number::SessionNumber, refusal::Refusal, timers::Timers},
    event::Event,
    message::Position,
    room::{
        contract::SentByRoom,
        membership::{MemberStore, Members},
        presence::PresenceState,
    },
};

/// The surroundings of a room, given to each of its handlers.
pub struct RoomContext<R> {
    pub(in crate::room) members: Members,
    /// Who is asked in, and by which event, while the room decides about it.
    pub(in crate::room) joining: Option<Box<Joining>>,
    pub(in crate::room) antechamber: Antechamber,
    /// What it has published of which the newest counts: it goes with the state.
    pub(in crate::room) newest: Newest,
    /// Whether the event that is handled made its sender a member again that gets what it missed.
    pub(in crate::room) resumed: bool,
    pub(in crate::room) actions: VecDeque<Action<R>>,
    /// They need no waiting until the handler has returned: if it panics they go with the state.
    pub(in crate::room) timers: Timers<R, Self>,
    /// Who is there, if the room tells.
    pub(in crate::room) presence_state: Option<Box<PresenceState>>,
    /// The room's own line on the list of its kind: it goes with the state.
    pub(in crate::room) line: Option<Rare>,
    /// What its [values for members](crate::PerMember) need of it, if it has any: they outlive the state.
    pub(in crate::room) store: Option<Rc<MemberStore>>,
}

/// One who wants to become a member.
pub(in crate::room) struct Joining {
    pub(in crate::room) session: SessionNumber,
    pub(in crate::room) event: Box<dyn Any>,
}

/// What few of many rooms have: one word, where it is not there.
pub(in crate::room) type Rare = Box<Box<dyn Any>>;

/// What makes a room of what was loaded for it.
pub(in crate::room) type Make<R> = Box<dyn FnOnce(&mut RoomContext<R>) -> Result<R, Refusal>>;

/// Something to do on a room when its handler is done.
pub(in crate::room) type Step<R> = Box<dyn FnOnce(&mut R, &mut RoomContext<R>)>;

/// What a handler asked for, to be done when it has returned.
pub(in crate::room) enum Action<R> {
    /// By `open`: the room is made of what this loads.
    Load(Running<Make<R>>),
    Spawn(Running<Step<R>>),
    Leave(SessionNumber),
    Evict(SessionNumber, Option<Box<Refusal>>),
    UpdatePresence(SessionNumber),
    Close,
}

impl<R> RoomContext<R> {
    /// Before its room is opened.
    pub(in crate::room) fn new(
        members: Members,
        presence_state: Option<Box<PresenceState>>,
    ) -> Self {
        Self {
            members,
            joining: None,
            antechamber: Antechamber::default(),
            newest: Newest::default(),
            resumed: false,
            actions: VecDeque::new(),
            timers: Timers::default(),
            presence_state,
            line: None,
            store: None,
        }
    }

    /// The room's name: its kind and its key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.members.name()
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.members.shared.data.get()
    }

    /// Sends an event to every member: in this room's one order, encoded once. It is one of those that
    /// the room says it [`Sends`](crate::Room::Sends). Of one that is `latest` the room shows the newest to
    /// whoever joins: see [Slow clients](crate::guide::slow_clients).
    pub fn broadcast<E: Event + Serialize + SentByRoom<R, At>, At>(&self, event: &E) {
        self.everyone().emit(event);
    }

    /// Where the room's order is: after what it has published so far. `None` if the room is not
    /// [`SEQUENCED`](crate::Room::SEQUENCED).
    ///
    /// ```
    /// use salon::{Position, prelude::*};
    ///
    /// /// What a reply says that has to fit between two events.
    /// #[derive(Serialize)]
    /// struct Board { cells: Vec<u8>, place: Option<Position> }
    ///
    /// fn board<R: Room>(cells: &[u8], cx: &RoomContext<R>) -> Board {
    ///     Board { cells: cells.to_vec(), place: cx.position() }
    /// }
    /// ```
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let order = self.members.order.told()?;
        Some(order.position(self.members.name(), order.now()).into())
    }
}

impl<R> fmt::Debug for RoomContext<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomContext")
            .field("room", &self.members.name())
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}

//! What the handler of an event has: all that its room's other code has, and who sent the event.
//!
//! It must never be made where nobody sent anything: that there is a sender is its type.

use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::Duration,
};

use super::room_context::RoomContext;
use crate::{
    base::{refusal::Refusal, timers::Timer},
    event::{Kind, Route, Surroundings, sealed},
    room::{
        contract::{Listing, Receive, Room, ToRoom},
        listing::{Changes, Watch, Watching},
        membership::Member,
        presence::Present,
    },
};

/// The surroundings of a room while it handles an event: a [`RoomContext`], to which it derefs, with
/// the event's [sender](Self::sender).
///
/// The handlers of events get it, [`On::on`](crate::event::On::on) and
/// [`OnLater::on_later`](crate::event::OnLater::on_later). Timers, messages and the hooks of
/// [`Room`] get a `RoomContext`: nobody sent them. A function that needs no sender takes a
/// `&mut RoomContext<R>`, and both can be given to it.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("pond:throw", room = Pond(pond), join, reply = usize)]
/// struct Throw { pond: u32 }
///
/// #[derive(Serialize, Event)]
/// #[event("pond:splash")]
/// struct Splash;
///
/// struct Pond;
///
/// impl Room for Pond {
///     const NAME: &'static str = "pond";
///     type Key = u32;
///     type Identity = ();
///     type Events = (Throw,);
///     type Sends = (Splash,);
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
/// }
///
/// fn splash(cx: &RoomContext<Pond>) -> usize {
///     cx.broadcast(&Splash);
///     cx.len()
/// }
///
/// impl On<Throw> for Pond {
///     fn on(&mut self, _: Throw, cx: &mut EventContext<Self>) -> Result<usize, Refusal> {
///         let wet = splash(cx);
///         cx.leave(cx.sender());
///         Ok(wet)
///     }
/// }
/// ```
pub struct EventContext<'a, R: Room> {
    cx: &'a mut RoomContext<R>,
    sender: &'a Member<R::Identity>,
}

impl<R: Room> Route for ToRoom<R> {
    type Context<'a, T: 'static> = EventContext<'a, R>;
}

impl<R: Room> sealed::Sealed for EventContext<'_, R> {}

impl<R: Room> Surroundings for EventContext<'_, R> {
    type Kind = OfRoom<R>;
}

/// The handlers of a room.
#[derive(Debug)]
pub struct OfRoom<R>(PhantomData<fn() -> R>);

impl<R: Room> sealed::Sealed for OfRoom<R> {}

impl<R: Room> Kind for OfRoom<R> {
    type State = R;
    type Context<'a> = EventContext<'a, R>;

    fn run<T>(
        inside: &mut dyn Any,
        sender: &dyn Any,
        code: impl FnOnce(&mut EventContext<'_, R>) -> T,
    ) -> Option<T> {
        let (inside, sender) = (inside.downcast_mut()?, sender.downcast_ref()?);
        Some(code(&mut EventContext::new(inside, sender)))
    }
}

impl<'a, R: Room> EventContext<'a, R> {
    pub(in crate::room) fn new(
        cx: &'a mut RoomContext<R>,
        sender: &'a Member<R::Identity>,
    ) -> Self {
        Self { cx, sender }
    }

    /// Who sent the event. It is a member, unless the handler of an event that it sent has let it go
    /// meanwhile, or the event is one that `anyone` may send: [`RoomContext::is_member`] says so.
    ///
    /// Whoever is no member gets the reply and nothing else of the room: what is sent to it by
    /// [`RoomContext::to`] is not for it, and to let it go or to put it out changes nothing.
    #[must_use]
    pub fn sender(&self) -> &'a Member<R::Identity> {
        self.sender
    }
}

impl<R: Room> EventContext<'_, R> {
    /// In the handler of a joining event: whether the sender comes back to a room that it has seen, and
    /// gets all that it missed, so that it needs nothing of what was before. False everywhere else, also in
    /// what an [`Answer`](crate::Answer) does later.
    ///
    /// ```
    /// use salon::{History, prelude::*};
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("board:join", room = Board(board), join, reply = Option<Vec<u8>>)]
    /// struct Join { board: u32 }
    ///
    /// struct Board { cells: Vec<u8> }
    ///
    /// impl Room for Board {
    ///     const NAME: &'static str = "board";
    ///     const HISTORY: History = History::keep(1_000);
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = (Join,);
    ///     type Sends = ();
    ///
    ///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(Self { cells: vec![0; 64] })
    ///     }
    /// }
    ///
    /// impl On<Join> for Board {
    ///     fn on(
    ///         &mut self,
    ///         _: Join,
    ///         cx: &mut EventContext<Self>,
    ///     ) -> Result<Option<Vec<u8>>, Refusal> {
    ///         Ok(if cx.resumed() { None } else { Some(self.cells.clone()) })
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.cx.resumed
    }
}

/// Of no use: words for whoever looks for it here.
#[doc(hidden)]
impl<R: Room> EventContext<'_, R> {
    pub fn load<F>(&mut self, _: F) -> Result<R, Refusal>
    where
        Self: Opens,
    {
        Err(Opens::no_room(self))
    }

    pub fn load_then<F, T>(&mut self, _: F, _: T) -> Result<R, Refusal>
    where
        Self: Opens,
    {
        Err(Opens::no_room(self))
    }
}

/// No context implements it: it is there for its words.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a room is loaded before it is there: in `open`",
    label = "the handler of an event has the room already",
    note = "a handler that has to wait for something returns an `Answer`: \
            `Answer::then(cx, future, |room, value, cx| …)`"
)]
pub trait Opens {
    fn no_room(&self) -> Refusal;
}

/// What changes the context, once more: so that its arguments may read it, as in
/// `cx.leave(cx.sender())`. By way of [`DerefMut`] they could not.
impl<R: Room> EventContext<'_, R> {
    /// As [`RoomContext::after`].
    pub fn after(
        &mut self,
        delay: Duration,
        then: impl FnOnce(&mut R, &mut RoomContext<R>) + 'static,
    ) -> Timer {
        self.cx.after(delay, then)
    }

    /// As [`RoomContext::every`].
    pub fn every(
        &mut self,
        interval: Duration,
        tick: impl Fn(&mut R, &mut RoomContext<R>) + 'static,
    ) -> Timer {
        self.cx.every(interval, tick)
    }

    /// As [`RoomContext::tell_after`].
    pub fn tell_after<M: 'static>(&mut self, delay: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.cx.tell_after(delay, message)
    }

    /// As [`RoomContext::tell_every`].
    pub fn tell_every<M: Clone + 'static>(&mut self, interval: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.cx.tell_every(interval, message)
    }

    /// As [`RoomContext::spawn`].
    pub fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut R, T, &mut RoomContext<R>) + 'static,
    ) {
        self.cx.spawn(future, then);
    }

    /// As [`RoomContext::tell_when`].
    pub fn tell_when<M: 'static>(&mut self, future: impl Future<Output = M> + 'static)
    where
        R: Receive<M>,
    {
        self.cx.tell_when(future);
    }

    /// As [`RoomContext::watch`].
    pub fn watch<T: Listing>(
        &mut self,
        watch: Watch<T>,
        then: impl Fn(&mut R, Changes<T>, &mut RoomContext<R>) + 'static,
    ) -> Watching {
        self.cx.watch(watch, then)
    }

    /// As [`RoomContext::leave`].
    pub fn leave(&mut self, member: &Member<R::Identity>) {
        self.cx.leave(member);
    }

    /// As [`RoomContext::evict`].
    pub fn evict(&mut self, member: &Member<R::Identity>) {
        self.cx.evict(member);
    }

    /// As [`RoomContext::evict_because`].
    pub fn evict_because(&mut self, member: &Member<R::Identity>, reason: Refusal) {
        self.cx.evict_because(member, reason);
    }

    /// As [`RoomContext::update_presence`].
    pub fn update_presence(&mut self, member: &Member<R::Identity>)
    where
        R: Present,
    {
        self.cx.update_presence(member);
    }
}

impl<R: Room> Deref for EventContext<'_, R> {
    type Target = RoomContext<R>;

    fn deref(&self) -> &RoomContext<R> {
        self.cx
    }
}

impl<R: Room> DerefMut for EventContext<'_, R> {
    fn deref_mut(&mut self) -> &mut RoomContext<R> {
        self.cx
    }
}

impl<R: Room> fmt::Debug for EventContext<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventContext")
            .field("room", &self.name())
            .field("sender", self.sender)
            .finish()
    }
}

//! What a room's handler can ask for that comes back to the room later: timers and futures.
//!
//! It must never reach another state of the room than the one that asked.

use std::time::Duration;

use futures_util::FutureExt;

use super::{
    Receive, Room,
    context::{Action, RoomContext, Step},
};
use crate::timers::Timer;

impl<R: Room> RoomContext<R> {
    /// Does something later, unless the room closes or restarts before, or the timer is
    /// [cancelled](Self::cancel): the message comes to [`Receive::receive`]. A delay of more than a
    /// year is taken as a year.
    pub fn after<M: 'static>(&mut self, delay: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.timers.after(delay, receive(message))
    }

    /// Does something again and again, the first time after one interval: a clone of the message
    /// comes to [`Receive::receive`], until the room closes or restarts, or the timer is
    /// [cancelled](Self::cancel).
    ///
    /// The times are whole intervals from now, whenever the room gets to each: they do not drift.
    /// For all that it was too busy for, one message comes. A room without members is not kept open
    /// by it. An interval below a millisecond is taken as one, and one of more than a year as a
    /// year.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Tick;
    ///
    /// struct Match { left: u32, ticking: Timer }
    ///
    /// impl Room for Match {
    ///     const NAME: &'static str = "match";
    ///     type Key = u32;
    ///     type Identity = ();
    ///     type Events = ();
    ///
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(Self { left: 90, ticking: cx.every(Duration::from_secs(1), Tick) })
    ///     }
    /// }
    ///
    /// impl Receive<Tick> for Match {
    ///     fn receive(&mut self, _: Tick, cx: &mut RoomContext<Self>) {
    ///         self.left -= 1;
    ///         if self.left == 0 {
    ///             cx.cancel(self.ticking);
    ///         }
    ///     }
    /// }
    /// ```
    pub fn every<M: Clone + 'static>(&mut self, interval: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.timers.every(interval, move |room, cx| room.receive(message.clone(), cx))
    }

    /// Cancels a timer: from here on its message does not come, not even if it is due already. True
    /// if one was still to come.
    pub fn cancel(&mut self, timer: Timer) -> bool {
        self.timers.cancel(timer)
    }

    /// Runs a future beside the room; what it yields comes back as a message, unless the room
    /// closes or restarts before. If it panics the room does.
    pub fn spawn<M: 'static>(&mut self, future: impl Future<Output = M> + 'static)
    where
        R: Receive<M>,
    {
        self.actions.push_back(Action::Spawn(future.map(receive).boxed_local()));
    }
}

fn receive<R: Receive<M>, M: 'static>(message: M) -> Step<R> {
    Box::new(move |room, cx| room.receive(message, cx))
}

//! What a room's handler asks to be done later, again and again, when a future is done, or when a list
//! has changed.
//!
//! It must never outlive the state that has asked for it: it is void when the room closes or restarts.

use std::{convert::Infallible, rc::Rc, time::Duration};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::room_context::{Action, RoomContext, Step};
use crate::{
    base::{contained::Running, timers::Timer},
    room::{
        contract::{Listing, Receive, Room},
        listing::{Changes, Watch, Watching, begin_watching, next_changes},
    },
};

impl<R: Room> RoomContext<R> {
    /// Does something later, unless the room closes or restarts before, or the timer is
    /// [cancelled](Self::cancel). A delay of more than a year is taken as a year.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("sale:over")]
    /// struct Over;
    ///
    /// struct Sale;
    ///
    /// #[salon::room(key = u32, sends = (Over,))]
    /// impl Sale {
    ///     #[hook]
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Self {
    ///         cx.after(Duration::from_secs(60), |_, cx| {
    ///             cx.broadcast(&Over);
    ///             cx.close();
    ///         });
    ///         Self
    ///     }
    /// }
    /// ```
    pub fn after(
        &mut self,
        delay: Duration,
        then: impl FnOnce(&mut R, &mut Self) + 'static,
    ) -> Timer {
        let tally = self.members.broadcaster().tally;
        self.timers.after(delay, tally, then)
    }

    /// Does something again and again, the first time after one interval, until the room closes or
    /// restarts, or the timer is [cancelled](Self::cancel).
    ///
    /// The times are whole intervals from now, whenever the room gets to each: they do not drift.
    /// Those that it was too busy for are made up for by one. A room without members is not kept open
    /// by it. An interval below a millisecond is taken as one, and one of more than a year as a year.
    pub fn every(
        &mut self,
        interval: Duration,
        tick: impl Fn(&mut R, &mut Self) + 'static,
    ) -> Timer {
        let tally = self.members.broadcaster().tally;
        self.timers.every(interval, tally, tick)
    }

    /// As [`after`](Self::after), by a message: it comes to [`Receive::receive`].
    pub fn tell_after<M: 'static>(&mut self, delay: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.after(delay, |room, cx| room.receive(message, cx))
    }

    /// As [`every`](Self::every), by a message: a clone of it comes to [`Receive::receive`] each time.
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
    ///     type Sends = ();
    ///
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(Self { left: 90, ticking: cx.tell_every(Duration::from_secs(1), Tick) })
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
    pub fn tell_every<M: Clone + 'static>(&mut self, interval: Duration, message: M) -> Timer
    where
        R: Receive<M>,
    {
        self.every(interval, move |room, cx| room.receive(message.clone(), cx))
    }

    /// Cancels a timer: from here on nothing is done for it, not even if it is due already. True if
    /// something was still to come.
    pub fn cancel(&mut self, timer: Timer) -> bool {
        self.timers.cancel(timer)
    }

    /// Runs a future beside the room; `then` gets what it yields, and the room, unless that closes or
    /// restarts before. If it panics the room does.
    pub fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut R, T, &mut Self) + 'static,
    ) {
        let step = |value| -> Step<R> { Box::new(move |room, cx| then(room, value, cx)) };
        let tally = self.members.broadcaster().tally;
        let future = Running::new(future.map(step).boxed_local(), tally);
        self.actions.push_back(Action::Spawn(future));
    }

    /// As [`spawn`](Self::spawn): what the future yields comes as a message to [`Receive::receive`].
    pub fn tell_when<M: 'static>(&mut self, future: impl Future<Output = M> + 'static)
    where
        R: Receive<M>,
    {
        self.spawn(future, Receive::receive);
    }

    /// Calls `then` with the whole list of rooms, and again each time when it has changed, until what
    /// this returns is dropped, or the room closes or restarts. What happens while the room has other
    /// things to do comes as one.
    ///
    /// Keep the [`Watching`] in the room's state: there a new one takes the place of the one before.
    ///
    /// ```
    /// use salon::{Listing, Watching, prelude::*};
    ///
    /// # #[derive(Default)]
    /// # struct Stall;
    /// # #[salon::room(key = u32)]
    /// # impl Stall {}
    /// # impl Listing for Stall { type Entry = u32; }
    /// #[derive(Serialize, Event)]
    /// #[event("market:open")]
    /// struct Open { stalls: Vec<u32> }
    ///
    /// struct Market { _watching: Watching }
    ///
    /// #[salon::room(key = u32, sends = (Open,))]
    /// impl Market {
    ///     #[hook]
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Self {
    ///         let stalls = cx.rooms::<Stall>().watch();
    ///         let _watching = cx.watch(stalls, |_, changes, cx| {
    ///             let stalls = changes.added.into_iter().map(|(stall, _)| stall).collect();
    ///             cx.broadcast(&Open { stalls });
    ///         });
    ///         Self { _watching }
    ///     }
    /// }
    /// ```
    pub fn watch<T: Listing>(
        &mut self,
        watch: Watch<T>,
        then: impl Fn(&mut R, Changes<T>, &mut Self) + 'static,
    ) -> Watching {
        let (watching, dropped) = begin_watching();
        self.await_changes(watch, dropped, Rc::new(then));
        watching
    }

    fn await_changes<T: Listing>(
        &mut self,
        watch: Watch<T>,
        dropped: oneshot::Receiver<Infallible>,
        then: Rc<Then<R, T>>,
    ) {
        // The room itself gives it up when it closes.
        let ended = std::future::pending();
        let news = next_changes(watch, dropped, ended);
        self.spawn(news, move |room, (watch, dropped, changes), cx| {
            if let Some(changes) = changes {
                cx.await_changes(watch, dropped, then.clone());
                then(room, changes, cx);
            }
        });
    }
}

type Then<R, T> = dyn Fn(&mut R, Changes<T>, &mut RoomContext<R>);

//! What a session's handler can do: speak to its client, wait, look after what goes on beside it.
//!
//! It must never outlive its session: what it has asked for ends with it.

use std::{cell::Cell, fmt, rc::Rc, sync::Arc, time::Duration};

use bytestring::ByteString;
use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    begun::{Begun, By},
    sends::SentBySession,
};
use crate::{
    auth::{Granted, Right},
    base::{
        contained::Running,
        data::Data,
        meter::Tally,
        refusal::Refusal,
        timers::{Timer, Timers},
    },
    event::{self, Event},
    hub::{Audience, Socket, UserHandle, reply},
    outbox::NotQueued,
    room::{Receive, Room, RoomHandle},
    session::acknowledgement::AskError,
};

/// The surroundings of a session, given to each of its handlers.
pub struct SessionContext<S> {
    pub(super) socket: Socket,
    data: Data,
    pub(super) begun: Option<Box<Begun<Running<Step<S>>>>>,
    pub(super) timers: Timers<S, Self>,
}

/// Something to do on a session when a future is done.
pub(super) type Step<S> = Box<dyn FnOnce(&mut S, &mut SessionContext<S>)>;

impl<S> SessionContext<S> {
    pub(crate) fn new(socket: Socket, data: Data) -> Self {
        Self { socket, data, begun: None, timers: Timers::default() }
    }

    /// Where panics of the application's values count.
    pub(super) fn tally(&self) -> Tally {
        self.socket.broadcaster().tally
    }

    /// The client, as a handle that may be kept and sent elsewhere.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// All sessions of the client's namespace, to emit to, to fetch, or to narrow down.
    pub fn namespace(&self) -> Audience {
        Audience::new(self.socket.broadcaster().clone(), self.socket.handle().namespace.clone())
    }

    /// One room, by its key, whether it is open or not, and in whichever namespace. What it is sent
    /// goes off at once, also if this handler refuses or panics afterwards.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `R`.
    #[must_use]
    pub fn room<R: Room>(&self, key: &R::Key) -> RoomHandle<R> {
        RoomHandle::of(self.socket.broadcaster(), key)
    }

    /// Every session of one user, by the subject that the authenticator gives. What it is sent goes
    /// off at once, also if this handler refuses or panics afterwards.
    #[must_use]
    pub fn user(&self, subject: &str) -> UserHandle {
        UserHandle::new(self.socket.broadcaster().clone(), subject)
    }

    /// Sends an event to the client, as [`Socket::emit`] does.
    pub fn emit<E: Event + Serialize + SentBySession<S, At>, At>(&self, event: &E) {
        self.socket.emit(event);
    }

    /// As [`emit`](Self::emit), and says what became of it.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub fn try_emit<E: Event + Serialize + SentBySession<S, At>, At>(
        &self,
        event: &E,
    ) -> Result<(), NotQueued> {
        self.socket.try_emit(event)
    }

    /// Asks the client, and waits for its acknowledgement; the future is to be given to
    /// [`spawn`](Self::spawn), or awaited in an [`OnLater`](crate::event::OnLater).
    pub fn ask<E: Event + Serialize + SentBySession<S, At>, At>(
        &self,
        event: &E,
        timeout: Duration,
    ) -> impl Future<Output = Result<E::Reply, AskError>> + use<E, At, S>
    where
        E::Reply: DeserializeOwned,
    {
        let (arguments, socket) = (event::encode(event), self.socket.clone());
        async move {
            let name = ByteString::from_static(E::NAME);
            let answer = socket.ask_payload(name, arguments?, timeout).await?;
            reply(&answer)
        }
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.data.get()
    }

    /// Runs a future beside the session; `then` gets what it yields, and the session. What a handler
    /// of an event with `permit` spawns is given up when that permission is
    /// [lost](crate::Session::lapsed).
    pub fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut S, T, &mut Self) + 'static,
    ) where
        S: 'static,
    {
        let tally = self.tally();
        let Some(right) = self.right() else {
            let step = |value| -> Step<S> { Box::new(move |session, cx| then(session, value, cx)) };
            let future = Running::new(future.map(step).boxed_local(), tally);
            return self.begun().futures.push(future);
        };
        let future = future.boxed_local();
        let held = async move {
            let held = right.hold(future, tally).await;
            let step: Step<S> = Box::new(move |session, cx| {
                if let Ok(value) = held {
                    cx.under(Some(right), |cx| then(session, value, cx));
                }
            });
            step
        };
        self.begun().futures.push(Running::new(held.boxed_local(), tally));
    }

    /// Does something later, unless the session ends before, the timer is
    /// [cancelled](Self::cancel), or the permission is [lost](crate::Session::lapsed) by which the handler
    /// was called that asks for it. A delay of more than a year is taken as a year.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("still_there")]
    /// struct StillThere;
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("here")]
    /// struct Here;
    ///
    /// #[derive(Default)]
    /// struct Visit { asking: Option<Timer> }
    ///
    /// #[salon::session(sends = (StillThere,))]
    /// impl Visit {
    ///     #[on]
    ///     fn here(&mut self, _: Here, cx: &mut SessionContext<Self>) {
    ///         if let Some(asking) = self.asking.take() {
    ///             cx.cancel(asking);
    ///         }
    ///         let in_a_while = Duration::from_secs(600);
    ///         self.asking = Some(cx.after(in_a_while, |_, cx| cx.emit(&StillThere)));
    ///     }
    /// }
    /// ```
    pub fn after(
        &mut self,
        delay: Duration,
        then: impl FnOnce(&mut S, &mut Self) + 'static,
    ) -> Timer
    where
        S: 'static,
    {
        let (right, tally) = (self.right(), self.tally());
        self.timers.after(delay, tally, move |session, cx: &mut Self| {
            cx.under(right, |cx| then(session, cx));
        })
    }

    /// Does something again and again until the session ends, the timer is
    /// [cancelled](Self::cancel), or the permission is [lost](crate::Session::lapsed) by which the handler
    /// was called that asks for it; the first time after one interval.
    ///
    /// The times are whole intervals from now: they do not drift. Those for which the connection
    /// was too busy are made up for by one. An interval below a millisecond is taken as one, and
    /// one of more than a year as a year.
    pub fn every(&mut self, interval: Duration, tick: impl Fn(&mut S, &mut Self) + 'static) -> Timer
    where
        S: 'static,
    {
        let tally = self.tally();
        let Some(right) = self.right() else {
            return self.timers.every(interval, tally, tick);
        };
        let own = Rc::new(Cell::new(None));
        let again = own.clone();
        let timer = self.timers.every(interval, tally, move |session, cx: &mut Self| {
            if right.lost().is_some() {
                if let Some(timer) = again.take() {
                    cx.cancel(timer);
                }
            } else {
                cx.under(Some(right.clone()), |cx| tick(session, cx));
            }
        });
        own.set(Some(timer));
        timer
    }

    /// As [`after`](Self::after), by a message: it comes to [`Receive::receive`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("bored")]
    /// struct Bored;
    ///
    /// /// Nothing has been heard for a while.
    /// struct Silence;
    ///
    /// #[derive(Default)]
    /// struct Guest;
    ///
    /// #[salon::session(sends = (Bored,))]
    /// impl Guest {
    ///     #[hook]
    ///     fn connected(&mut self, cx: &mut SessionContext<Self>) {
    ///         cx.tell_after(Duration::from_secs(60), Silence);
    ///     }
    /// }
    ///
    /// impl Receive<Silence, SessionContext<Self>> for Guest {
    ///     fn receive(&mut self, _: Silence, cx: &mut SessionContext<Self>) {
    ///         cx.emit(&Bored);
    ///     }
    /// }
    /// ```
    pub fn tell_after<M: 'static>(&mut self, delay: Duration, message: M) -> Timer
    where
        S: Receive<M, Self>,
    {
        self.after(delay, |session, cx| session.receive(message, cx))
    }

    /// As [`every`](Self::every), by a message: a clone of it comes to [`Receive::receive`] each time.
    pub fn tell_every<M: Clone + 'static>(&mut self, interval: Duration, message: M) -> Timer
    where
        S: Receive<M, Self>,
    {
        self.every(interval, move |session, cx| session.receive(message.clone(), cx))
    }

    /// As [`spawn`](Self::spawn): what the future yields comes as a message to [`Receive::receive`].
    pub fn tell_when<M: 'static>(&mut self, future: impl Future<Output = M> + 'static)
    where
        S: Receive<M, Self>,
    {
        self.spawn(future, Receive::receive);
    }

    /// Cancels a timer: from here on nothing is done for it, not even if it is due already. True if
    /// something was still to come.
    pub fn cancel(&mut self, timer: Timer) -> bool
    where
        S: 'static,
    {
        self.timers.cancel(timer)
    }

    /// What is begun in `begin` goes on also if the permission is lost by which this handler was
    /// called: something to be tidied up, a write that is to come to its end.
    ///
    /// What else a handler of an event with `permit` begins ends with its permission: see
    /// [`Session::lapsed`](crate::Session::lapsed).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::prelude::*;
    ///
    /// #[derive(Deserialize, Event)]
    /// #[event("prices", permit = "look")]
    /// struct LookAtPrices;
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("price")]
    /// struct Price { cents: u64 }
    ///
    /// #[derive(Default)]
    /// struct Trader;
    ///
    /// #[salon::session(sends = (Price,))]
    /// impl Trader {
    ///     #[on]
    ///     fn look(&mut self, _: LookAtPrices, cx: &mut SessionContext<Self>) {
    ///         // As long as it may look.
    ///         cx.every(Duration::from_secs(1), |_, cx| {
    ///             cx.emit(&Price { cents: 100 });
    ///         });
    ///         // Whatever becomes of that.
    ///         let looked = async { /* written down */ };
    ///         cx.regardless(|cx| cx.spawn(looked, |_, (), _| {}));
    ///     }
    /// }
    /// ```
    pub fn regardless<T>(&mut self, begin: impl FnOnce(&mut Self) -> T) -> T {
        let by = self.begun.as_mut().and_then(|begun| begun.take_by());
        let value = begin(self);
        if by.is_some() {
            self.begun().set_by(by);
        }
        value
    }

    /// The code of the session that runs next is called by this grant, or by none.
    pub(super) fn begin_by(&mut self, granted: Option<Granted>, withdrawals: u64) {
        match granted {
            Some(granted) => self.begun().set_by(Some(By::Grant { granted, withdrawals })),
            None => self.forget_right(),
        }
    }

    /// The code of the session that runs next needs no right.
    pub(super) fn forget_right(&mut self) {
        if let Some(begun) = &mut self.begun {
            begun.set_by(None);
        }
    }

    /// The right on which rests what is begun now, if any.
    pub(super) fn right(&mut self) -> Option<Arc<Right>> {
        self.begun.as_deref_mut()?.right(self.socket.handle())
    }

    /// Runs code of the session that was begun by a right, unless that is lost; what it begins rests on
    /// the same.
    pub(super) fn under<T>(
        &mut self,
        right: Option<Arc<Right>>,
        code: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let Some(right) = right else { return Some(code(self)) };
        if right.lost().is_some() {
            return None;
        }
        self.begun().set_by(Some(By::Right(right)));
        let value = code(self);
        self.forget_right();
        Some(value)
    }

    pub(super) fn begun(&mut self) -> &mut Begun<Running<Step<S>>> {
        self.begun.get_or_insert_default()
    }
}

impl<S> fmt::Debug for SessionContext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionContext").field("socket", &self.socket).finish_non_exhaustive()
    }
}

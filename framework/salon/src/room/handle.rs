//! A room as the application reaches it from outside.
//!
//! It must never open a room just to tell it that somebody looked.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Weak},
    task::{self, Poll},
};

use actix::{Actor, Context, Handler, Message};
use serde::Serialize;
use tokio::sync::oneshot;

use super::{
    contract::{Receive, Reply, Room, SentByRoom},
    life::{RoomActor, RoomDirectory},
    lookup::{Asked, Attending, Broadcast, Listed, PutOut, Shut, Ticket, Told, kinds},
    membership::Member,
    presence::{Present, PresentUser},
};
use crate::{
    base::{
        contained::Contained,
        meter::Tally,
        refusal::{Code, Refusal},
        simulation,
    },
    event::{self, Event},
    hub::{Broadcaster, Opener},
    message::Class,
};

/// One room, by its key, whether it is open or not: from [`Salon::room`](crate::Salon::room), or
/// from the context of a room's or a session's handler. It keeps neither the room nor the Salon.
///
/// What it is asked to do goes off when the method is called, in the order of the calls; to wait
/// until it is done is up to the caller. A handler, which cannot wait, does without.
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
/// #[derive(Default)]
/// struct Shop { open: bool }
///
/// #[salon::room(key = u32, sends = (News,))]
/// impl Shop {}
///
/// impl Receive<Open> for Shop {
///     fn receive(&mut self, _: Open, _: &mut RoomContext<Self>) {
///         self.open = true;
///     }
/// }
///
/// async fn example(salon: &Salon) -> Result<(), Refusal> {
///     let room = salon.room::<Shop>(&7);
///     room.broadcast(&News { text: "We open.".to_owned() }).await;
///     println!("{} has {} members", room.name(), room.members().await.len());
///     room.tell(Open)
/// }
/// ```
pub struct RoomHandle<R: Room> {
    key: R::Key,
    directory: Weak<RoomDirectory<R>>,
}

impl<R: Room> RoomHandle<R> {
    /// One room, whether it is open or not.
    ///
    /// # Panics
    /// If there is no such kind.
    pub(crate) fn of(broadcaster: &Broadcaster, key: &R::Key) -> Self {
        Self::new(key.clone(), kinds::directory(broadcaster))
    }

    pub(super) fn new(key: R::Key, directory: Weak<RoomDirectory<R>>) -> Self {
        Self { key, directory }
    }

    /// Its directory, as long as the Salon is there.
    fn directory(&self) -> Option<Arc<RoomDirectory<R>>> {
        self.directory.upgrade()
    }

    /// What is on its way to the room: nobody but the sender is harmed by its drop.
    fn contained<M>(&self, message: M) -> Contained<M> {
        let tally = self.directory().map_or(Tally::NONE, |directory| directory.tally());
        Contained::new(message, tally)
    }

    /// Asks the room for something if it is open. The receiver fails if it is not, or closes
    /// meanwhile.
    fn request<M, T>(&self, message: impl FnOnce(Ticket, oneshot::Sender<T>) -> M) -> Received<T>
    where
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let (done, received) = oneshot::channel();
        if let Some(directory) = self.directory() {
            // Nothing is asked about what the application does itself.
            let _ = directory.send_if_open(&self.key, None, |ticket| message(ticket, done));
        }
        Received(received)
    }

    /// The room's name, its kind and its key: as the authority and [`What::room`] have it. While the
    /// room is open it is the one that it was opened by, also if the key of this handle is spelled
    /// otherwise.
    ///
    /// [`What::room`]: crate::auth::What::room
    #[must_use]
    pub fn name(&self) -> String {
        let open = self.directory().and_then(|directory| directory.link(&self.key));
        open.map_or_else(|| format!("{}:{}", R::NAME, self.key), |link| link.name.clone().into())
    }

    /// Whether the room is open now, on any worker. One that is being
    /// [loaded](crate::room::context::RoomContext::load) is.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.directory().is_some_and(|directory| directory.is_open(&self.key))
    }

    /// The members, in the order in which they became so. A room that is not open has none, and is
    /// not opened.
    pub async fn members(&self) -> Vec<Member<R::Identity>> {
        let found = Done(self.request(|_ticket, done| Listed { _ticket, done }));
        found.await.into_iter().map(Member::new).collect()
    }

    /// Who is there, as [`RoomContext::presence`] says it. A room that is not open has nobody, and is
    /// not opened.
    ///
    /// [`RoomContext::presence`]: crate::room::context::RoomContext::presence
    pub async fn presence(&self) -> Vec<PresentUser<R::Meta>>
    where
        R: Present,
    {
        let found = Done(self.request(|_ticket, done| Attending { _ticket, done }));
        found.await.into_iter().map(PresentUser::typed).collect()
    }

    /// Sends an event to every member: in one order with what the room itself publishes. It is done
    /// when the room has published it. A room that is not open has no members, and is not opened. The
    /// event is one that the room [`Sends`](Room::Sends). One that cannot be sent, by its name or because
    /// it has no JSON form, is logged and counted as [`EventsNotSent`](crate::Count::EventsNotSent).
    pub fn broadcast<E: Event + Serialize + SentByRoom<R, At>, At>(&self, event: &E) -> Done<()> {
        Done(self.request(|_ticket, done| {
            // Written here: it belongs to whoever sends it, and what is wrong with it harms no room.
            let payload = self.directory().and_then(|directory| {
                let broadcaster = directory.broadcaster();
                let encode = || broadcaster.encoded(E::NAME, event::encode(event)).ok();
                broadcaster.is_free(E::NAME).then(encode).flatten()
            });
            let (class, policy) = (Class::of(event), &E::POLICY);
            Broadcast { name: E::NAME, payload, class, policy, _ticket, done }
        }))
    }

    /// Sends a message to the room, if it is open.
    ///
    /// # Errors
    /// `not_found` if it is not open; `internal` after the end of the Salon.
    pub fn tell<M: Send + 'static>(&self, message: M) -> Result<(), Refusal>
    where
        R: Receive<M>,
    {
        let message = self.contained(message);
        let directory = self.directory().ok_or_else(ended)?;
        let told = |_ticket| Told { message, _ticket };
        match directory.send_if_open(&self.key, None, told)? {
            true => Ok(()),
            false => Err(not_open()),
        }
    }

    /// As [`tell`](Self::tell), and opens the room if need be, on any worker.
    ///
    /// # Errors
    /// `limit_exceeded` if it is not open and [as many rooms as may be](crate::Room::MAX_OPEN) are;
    /// `internal` while no worker serves this Salon, and after the end of the Salon.
    pub fn open_and_tell<M: Send + 'static>(&self, message: M) -> Result<(), Refusal>
    where
        R: Receive<M>,
    {
        let message = self.contained(message);
        let directory = self.directory().ok_or_else(ended)?;
        directory.send(&self.key, Opener::App, None, |_ticket| Told { message, _ticket })
    }

    /// Sends a message to the room, and yields the room's answer: see [`Reply`]. A room that is not
    /// open is not opened. The message is on its way when this returns; the future may be given to
    /// [`RoomContext::spawn`](crate::room::context::RoomContext::spawn).
    ///
    /// # Errors
    /// `not_found` if the room is not open, `closed` if it closes before it has answered, and
    /// `internal` if it panics.
    pub fn ask<M: Send + 'static>(
        &self,
        message: M,
    ) -> impl Future<Output = Result<R::Output, Refusal>> + Send + use<R, M>
    where
        R: Reply<M>,
    {
        let (answer, answered) = oneshot::channel();
        let message = self.contained(message);
        let sent = self.directory().map_or(Ok(false), |directory| {
            directory.send_if_open(&self.key, None, |_ticket| Asked { message, _ticket, answer })
        });
        async move {
            if !sent? {
                return Err(not_open());
            }
            answer_of(answered).await
        }
    }

    /// As [`ask`](Self::ask), and opens the room if need be, on any worker: for the first who wants
    /// to be in a room that there is not yet. It is closed again when it has been empty for its
    /// [linger](Room::LINGER).
    ///
    /// ```
    /// use salon::prelude::*;
    ///
    /// async fn first<M: Default + Send + 'static, R: Reply<M>>(
    ///     salon: &Salon,
    ///     key: &R::Key,
    /// ) -> Result<R::Output, Refusal> {
    ///     salon.room::<R>(key).open_and_ask(M::default()).await
    /// }
    /// ```
    ///
    /// # Errors
    /// What [`Room::open`] refuses with; `limit_exceeded` as
    /// [`open_and_tell`](Self::open_and_tell); `closed` if the room closes before it has answered, and
    /// `internal` if it panics, while no worker serves this Salon, and after the end of the Salon.
    pub fn open_and_ask<M: Send + 'static>(
        &self,
        message: M,
    ) -> impl Future<Output = Result<R::Output, Refusal>> + Send + use<R, M>
    where
        R: Reply<M>,
    {
        let (answer, answered) = oneshot::channel();
        let message = self.contained(message);
        let sent = self.directory().ok_or_else(ended).and_then(|directory| {
            directory.send(&self.key, Opener::App, None, |_ticket| Asked {
                message,
                _ticket,
                answer,
            })
        });
        async move {
            sent?;
            answer_of(answered).await
        }
    }

    /// Puts a session out by its [id](Member::id), as [`RoomContext::evict`] does: done when it is
    /// out, with true if it was a member.
    ///
    /// [`RoomContext::evict`]: crate::room::context::RoomContext::evict
    pub fn evict(&self, session: &str) -> Done<bool> {
        self.put_out(session, None)
    }

    /// As [`evict`](Self::evict), and says why, as [`RoomContext::evict_because`] does.
    ///
    /// [`RoomContext::evict_because`]: crate::room::context::RoomContext::evict_because
    pub fn evict_because(&self, session: &str, reason: Refusal) -> Done<bool> {
        self.put_out(session, Some(reason))
    }

    fn put_out(&self, session: &str, reason: Option<Refusal>) -> Done<bool> {
        let session = session.to_owned();
        Done(self.request(|_ticket, done| PutOut { session, reason, _ticket, done }))
    }

    /// Closes the room, as [`RoomContext::close`](crate::room::context::RoomContext::close) does: done when it is
    /// closed, with true if it was open.
    pub fn close(&self) -> Done<bool> {
        Done(self.request(|_ticket, done| Shut { _ticket, done }))
    }
}

fn not_open() -> Refusal {
    Refusal::not_found("the room is not open")
}

fn ended() -> Refusal {
    Refusal::internal("the Salon has ended")
}

/// What a room that was sent a message answers.
async fn answer_of<T>(
    answered: oneshot::Receiver<Result<Contained<T>, Refusal>>,
) -> Result<T, Refusal> {
    let closed = || Refusal::new(Code::Closed, "the room is closed");
    let answered = Received(answered).await;
    answered.unwrap_or_else(|_| Err(closed())).map(Contained::into_inner)
}

impl<R: Room> Clone for RoomHandle<R> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), directory: self.directory.clone() }
    }
}

impl<R: Room> fmt::Debug for RoomHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoomHandle({})", self.name())
    }
}

/// What a room was asked to do: it is on its way, whether this is awaited or dropped. Awaited, it
/// tells when it is done; `false` or nothing if the room is not open.
#[derive(Debug)]
pub struct Done<T>(Received<T>);

impl<T: Default> Future for Done<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<T> {
        // An error means that the room is not open, or closed meanwhile.
        Pin::new(&mut self.0).poll(cx).map(Result::unwrap_or_default)
    }
}

/// What a room sends back.
#[derive(Debug)]
struct Received<T>(oneshot::Receiver<T>);

impl<T> Future for Received<T> {
    type Output = Result<T, oneshot::error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        loop {
            match Pin::new(&mut self.0).poll(cx) {
                // A test awaits it, and nothing runs in its lab meanwhile but by this.
                Poll::Pending if simulation::turn() => {}
                polled => return polled,
            }
        }
    }
}

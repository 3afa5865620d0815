//! The list of events that a room handles, as routes for the connections that receive them.
//!
//! It must never be needed at run time to decide a type: a listed event without a handler does not
//! compile.

use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Directory, Entry, Room, RoomEvent, ToRoom,
    actor::RoomActor,
    sent::{Origin, Sent, SentForLater},
};
use crate::{
    event::{self, Event, Later, On, OnLater, Policy},
    peer::Peer,
    refusal::{Code, Refusal},
    wire::socket_io::Arguments,
};

/// An event as a connection received it, for a room.
pub(crate) struct SentByClient {
    pub(crate) sender: Arc<Peer>,
    pub(crate) arguments: Arguments,
    pub(crate) acknowledgement: Option<u64>,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Sends an event on to its room; the room answers.
type Forward = Box<dyn Fn(SentByClient) -> Result<(), Refusal> + Send + Sync>;

/// How one kind of event gets to its room.
#[doc(hidden)]
pub struct RoomRoute {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) forward: Forward,
}

/// Where a list of events puts its routes.
#[doc(hidden)]
pub struct Routes<'a, R: Room> {
    pub(crate) directory: &'a Arc<Directory<R>>,
    pub(crate) routes: &'a mut Vec<RoomRoute>,
}

/// A tuple of events, each handled by the room `R`.
pub trait RoomEvents<R: Room> {
    #[doc(hidden)]
    fn list(routes: &mut Routes<'_, R>);
}

/// An event in the list of a room: `E` where `R: On<E>`, or `Later<E>` where `R: OnLater<E>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in the list of events of the room `{R}`",
    note = "an event of the room derives `Event` with `room = {R}(key_field)`, and `Deserialize`",
    note = "`Later<E>` needs `impl OnLater<E> for {R}`, and `E` alone `impl On<E> for {R}`"
)]
pub trait RoomListed<R: Room> {
    #[doc(hidden)]
    fn list(routes: &mut Routes<'_, R>);
}

impl<R, E> RoomListed<R> for E
where
    R: Room + On<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
    E::Reply: Serialize,
{
    fn list(routes: &mut Routes<'_, R>) {
        routes.add::<E, Sent<E>>(|sent| sent);
    }
}

impl<R, E> RoomListed<R> for Later<E>
where
    R: Room + OnLater<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
    E::Reply: Serialize,
{
    fn list(routes: &mut Routes<'_, R>) {
        routes.add::<E, SentForLater<E>>(SentForLater);
    }
}

impl<R: Room> Routes<'_, R> {
    fn add<E, M>(&mut self, message: fn(Sent<E>) -> M)
    where
        E: RoomEvent<Room = R> + DeserializeOwned + Send + 'static,
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let directory = self.directory.clone();
        let forward = move |sent: SentByClient| {
            let SentByClient { sender, arguments, acknowledgement, permit } = sent;
            let event = event::decode::<E>(&arguments)?;
            let (key, near) = (event.key().clone(), sender.shard);
            let sent = |ticket| {
                let origin = Origin { sender, acknowledgement, _permit: permit, _ticket: ticket };
                message(Sent { event, origin })
            };
            match E::ENTRY {
                Entry::Join => directory.send(&key, Some(near), sent),
                // A room that is not open has no members: it is not opened to say so.
                Entry::Member if directory.send_if_open(&key, sent) => Ok(()),
                Entry::Member => Err(not_a_member(E::NAME)),
            }
        };
        self.routes.push(RoomRoute {
            name: E::NAME,
            policy: E::POLICY,
            forward: Box::new(forward),
        });
    }
}

/// The refusal of an event that only members may send.
pub(super) fn not_a_member(event: &str) -> Refusal {
    Refusal::new(Code::NotAMember, format!("only members of the room may send {event}"))
}

macro_rules! lists {
    ($($($event:ident)*;)*) => {
        $(impl<R: Room, $($event: RoomListed<R>),*> RoomEvents<R> for ($($event,)*) {
            fn list(routes: &mut Routes<'_, R>) {
                $($event::list(routes);)*
                let _ = routes;
            }
        })*
    };
}
lists! {
    ; A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H;
    A B C D E F G H I; A B C D E F G H I J; A B C D E F G H I J K; A B C D E F G H I J K L;
    A B C D E F G H I J K L M; A B C D E F G H I J K L M N; A B C D E F G H I J K L M N O;
    A B C D E F G H I J K L M N O P;
}

//! Messages that are no client's events: a room and a session take them from their own timers and futures,
//! and a room from the application.
//!
//! It must never be told who sent one: who is meant is in the message.

use super::room::Room;
use crate::room::context::RoomContext;

/// Messages that a room or a session takes beside its clients' events: from its own timers and futures,
/// and, for a room, from the application through [`RoomHandle::tell`](crate::room::handle::RoomHandle::tell).
///
/// A session has them as `impl Receive<Tick, SessionContext<Self>> for Hall`, by its context.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take messages of type `{M}`",
    note = "write `impl Receive<{M}> for {Self}`, or, for a session, \
            `impl Receive<{M}, SessionContext<Self>> for {Self}`"
)]
pub trait Receive<M, C = RoomContext<Self>>: Sized + 'static {
    /// Handles one message. There is no sender: who is meant is in the message.
    fn receive(&mut self, message: M, cx: &mut C);
}

/// Messages that a room answers, from the application through
/// [`RoomHandle::ask`](crate::room::handle::RoomHandle::ask): from an HTTP handler, from another room, from a
/// session.
///
/// A message is any type that may be sent to another thread; one of actix's may have its result as
/// `Output`.
///
/// ```
/// use actix_web::{HttpResponse, Responder, get, web};
/// use salon::prelude::*;
///
/// struct Lobby { ready: usize }
///
/// impl Room for Lobby {
///     const NAME: &'static str = "lobby";
///     type Key = u32;
///     type Identity = ();
///     type Events = ();
///     type Sends = ();
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self { ready: 0 })
///     }
/// }
///
/// struct CountReady;
///
/// impl Reply<CountReady> for Lobby {
///     type Output = usize;
///
///     fn reply(&mut self, _: CountReady, _: &mut RoomContext<Self>) -> usize {
///         self.ready
///     }
/// }
///
/// #[get("/lobbies/{lobby}/ready")]
/// async fn ready(lobby: web::Path<u32>, salon: web::Data<Salon>) -> impl Responder {
///     match salon.room::<Lobby>(&lobby).ask(CountReady).await {
///         Ok(ready) => HttpResponse::Ok().json(ready),
///         Err(refusal) => HttpResponse::NotFound().json(refusal),
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the room `{Self}` does not answer messages of type `{M}`",
    note = "write `impl Reply<{M}> for {Self}`, with its `Output`"
)]
pub trait Reply<M>: Room {
    /// The answer; a `Result` if there may be none.
    type Output: Send + 'static;

    /// Answers one message. There is no sender: who is meant is in the message.
    fn reply(&mut self, message: M, cx: &mut RoomContext<Self>) -> Self::Output;
}

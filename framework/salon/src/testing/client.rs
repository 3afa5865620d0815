//! A client in a test: it speaks, and is asked what it heard.
//!
//! It must never let a failure pass without what led to it.

use std::{
    cell::{Cell, RefCell},
    panic::Location,
    rc::Rc,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::task::AbortHandle;

use super::{
    awaited::{Closing, Expectation, Sent},
    connection::{self, Freezable},
    conversation::{Attempt, Conversation},
    happened::{Happened, Traffic},
    incoming::Incoming,
    journal::Transcript,
    link::Link,
    world::UnitIndex,
};
use crate::{
    base::refusal::Refusal,
    event::{self, Event},
    message::as_acknowledgement,
    payload::{IntoPayload, Payload, PayloadError},
    wire::{engine_io::Message, socket_io::Packet},
};

/// One client of the server under test.
///
/// What it is asked for is taken out of what came, in order; everything else stays. It is
/// disconnected when it is dropped, without a goodbye. Its server ends with its lab; what it is then
/// asked to send or to wait for panics.
pub struct Client {
    pub(super) conversation: Rc<Conversation>,
    pub(super) link: Rc<Link>,
    pub(super) running: RefCell<Option<Running>>,
}

/// The connection that a client has.
pub(super) struct Running {
    pub(super) task: AbortHandle,
    /// Whether it is left as it is.
    pub(super) frozen: Rc<Cell<bool>>,
}

/// Why a client could not connect.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server refused it, as a `connect_error` says.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The HTTP request was refused already.
    #[error("refused with HTTP {status}: {body}")]
    Rejected {
        /// The status of the response.
        status: u16,
        /// The body of the response.
        body: String,
    },
    /// Nothing is left to run, and no answer came.
    #[error("no answer came\n{0}")]
    Unanswered(Transcript),
}

/// How long the move from polling to WebSocket takes at most, if its client was given no longer.
const MOVE: Duration = Duration::from_secs(1);

impl Client {
    /// Opens the connection, and waits until the session is connected; with a span, while time
    /// passes.
    pub(super) async fn open(&self, span: Option<Duration>) -> Result<(), ConnectError> {
        self.start();
        let conversation = &self.conversation;
        let ended = || {
            conversation.attempt().or_else(|| {
                conversation.closed().map(|_| Attempt::Rejected { status: 0, body: String::new() })
            })
        };
        let ended = match span {
            None => conversation.world.find(ended).await,
            Some(span) => conversation.world.find_within(span, ended).await,
        };
        match ended {
            Some(Attempt::Connected { .. }) => {
                let settled =
                    || (self.link.settled.get() || conversation.closed().is_some()).then_some(());
                let span = span.map_or(MOVE, |span| span.max(MOVE));
                conversation.world.find_within(span, settled).await;
                Ok(())
            }
            Some(Attempt::Refused(refusal)) => Err(ConnectError::Refused(refusal)),
            Some(Attempt::Rejected { status, body }) if status != 0 => {
                Err(ConnectError::Rejected { status, body })
            }
            Some(Attempt::Rejected { .. }) | None => {
                let around = conversation.journal.around(&conversation.name);
                Err(ConnectError::Unanswered(around))
            }
        }
    }

    fn start(&self) {
        let frozen = Rc::<Cell<bool>>::default();
        let running = Box::pin(connection::run(self.link.clone()));
        let running = Freezable { frozen: frozen.clone(), running };
        let task = self.conversation.world.spawn(UnitIndex::CLIENTS, running).abort_handle();
        self.running.replace(Some(Running { task, frozen }));
    }

    /// Its name in transcripts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.conversation.name
    }

    /// The id of its session, once it is connected.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self.conversation.attempt() {
            Some(Attempt::Connected { sid }) => Some(sid),
            Some(Attempt::Refused(_) | Attempt::Rejected { .. }) | None => None,
        }
    }

    /// Sends an event at once. What it yields is awaited for the acknowledgement: the event's
    /// reply, or the refusal.
    ///
    /// # Panics
    /// When it is awaited, nothing is left to run, and no acknowledgement came; or when the
    /// acknowledgement does not fit the event's reply.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a test reads better without a borrow")]
    pub fn send<E: Event + Serialize>(&self, event: E) -> Sent<E::Reply>
    where
        E::Reply: DeserializeOwned,
    {
        let arguments = encoded(E::NAME, event::encode(&event));
        Sent::new(&self.conversation, E::NAME, arguments, Location::caller())
    }

    /// Sends an event by its name at once, with any arguments.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    #[track_caller]
    pub fn call<R>(&self, name: &'static str, arguments: impl IntoPayload) -> Sent<R>
    where
        R: DeserializeOwned + 'static,
    {
        let arguments = encoded(name, arguments.into_payload());
        Sent::new(&self.conversation, name, arguments, Location::caller())
    }

    /// Sends an event at once, and asks for no acknowledgement.
    #[expect(clippy::needless_pass_by_value, reason = "as in `send`")]
    pub fn emit<E: Event + Serialize>(&self, event: E) {
        let arguments = encoded(E::NAME, event::encode(&event));
        self.conversation.emit(E::NAME, arguments, false);
    }

    /// Sends an event by its name at once, with any arguments, and asks for no acknowledgement.
    pub fn emit_named(&self, name: &str, arguments: impl IntoPayload) {
        self.conversation.emit(name, encoded(name, arguments.into_payload()), false);
    }

    /// Sends any message of Engine.IO, such as a packet of Socket.IO that is not one.
    pub fn send_raw(&self, message: Message) {
        self.conversation.send_raw(message);
    }

    /// The first event of that kind that has come or comes.
    ///
    /// # Panics
    /// When nothing is left to run and none came, or when its arguments do not fit.
    #[track_caller]
    pub fn expect<E: Event + DeserializeOwned>(&self) -> Expectation<E> {
        Expectation::new(&self.conversation, Location::caller())
    }

    /// As [`expect`](Self::expect), while time passes: until it comes, and no longer than `span`.
    ///
    /// # Panics
    /// As [`expect`](Self::expect).
    #[track_caller]
    pub fn expect_within<E: Event + DeserializeOwned>(&self, span: Duration) -> Expectation<E> {
        self.expect().within(span)
    }

    /// Runs until nothing is left to do, and checks that no event came that was not asked for, nor
    /// a message if it was [opened](super::Visitor::open) raw. `salon:joined`, which every join
    /// brings, does not count.
    ///
    /// # Panics
    /// When one came.
    #[track_caller]
    pub fn expect_none(&self) -> impl Future<Output = ()> + use<> {
        let (conversation, caller) = (self.conversation.clone(), Location::caller());
        async move {
            conversation.world.settle().await;
            if let Some(event) = conversation.take_events().into_iter().next() {
                conversation.fail(caller, &format!("expected no event, and {} came", event.name));
            }
            if let Some(message) = conversation.take_message() {
                conversation.fail(caller, &format!("expected no message, and {message:?} came"));
            }
        }
    }

    /// Runs until nothing is left to do, and checks that no event of that kind came.
    ///
    /// # Panics
    /// When one came.
    #[track_caller]
    pub fn expect_none_of<E: Event>(&self) -> impl Future<Output = ()> + use<E> {
        let (conversation, caller) = (self.conversation.clone(), Location::caller());
        async move {
            conversation.world.settle().await;
            if conversation.take_event(|event| event.name == E::NAME).is_some() {
                conversation.fail(caller, &format!("expected no {}, and one came", E::NAME));
            }
        }
    }

    /// The first event of that name that has come or comes, whatever its arguments.
    ///
    /// # Panics
    /// When nothing is left to run and none came.
    #[track_caller]
    pub fn expect_named(&self, name: &str) -> impl Future<Output = Incoming> + use<> {
        let (conversation, caller) = (self.conversation.clone(), Location::caller());
        let name = name.to_owned();
        async move {
            let found = || conversation.take_event(|event| event.name == name);
            match conversation.world.find(found).await {
                Some(event) => event,
                None => conversation.fail(caller, &format!("expected {name}, and none came")),
            }
        }
    }

    /// Runs until nothing is left to do, and takes everything that came and was not asked for, but
    /// for `salon:joined`, which every join brings.
    pub async fn events(&self) -> Vec<Incoming> {
        self.conversation.world.settle().await;
        self.conversation.take_events()
    }

    /// The first event of that kind that the server wants to have acknowledged.
    ///
    /// # Panics
    /// When nothing is left to run and none came, or when its arguments do not fit.
    #[track_caller]
    pub fn expect_question<E>(&self) -> impl Future<Output = Question<E>> + use<E>
    where
        E: Event + DeserializeOwned,
    {
        let (conversation, caller) = (self.conversation.clone(), Location::caller());
        async move {
            let found =
                || conversation.take_event(|event| event.name == E::NAME && event.id.is_some());
            match conversation
                .world
                .find(found)
                .await
                .map(|event| (event::decode(&event.payload), event.id))
            {
                Some((Ok(event), Some(id))) => {
                    Question { event, id, conversation: conversation.clone() }
                }
                Some((Err(error), _)) => {
                    conversation.fail(caller, &format!("{} came, and {error}", E::NAME))
                }
                Some((_, None)) | None => {
                    conversation.fail(caller, &format!("expected to be asked {}", E::NAME))
                }
            }
        }
    }

    /// The next message, as it came to a client that was [opened](super::Visitor::open) raw.
    ///
    /// # Panics
    /// When nothing is left to run and none came.
    #[track_caller]
    pub fn expect_raw(&self) -> impl Future<Output = Message> + use<> {
        let (conversation, caller) = (self.conversation.clone(), Location::caller());
        async move {
            match conversation.world.find(|| conversation.take_message()).await {
                Some(message) => message,
                None => conversation.fail(caller, "expected a message, and none came"),
            }
        }
    }

    /// How the connection or its session ended.
    ///
    /// # Panics
    /// When nothing is left to run, and it has not ended.
    #[track_caller]
    pub fn closed(&self) -> Closing {
        Closing::new(&self.conversation, Location::caller())
    }

    /// Whether the session is connected, as far as the client knows.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let conversation = &self.conversation;
        conversation.closed().is_none() && self.id().is_some() && !conversation.world.is_over()
    }

    /// What it sent and got, and what became of its link.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.conversation.journal.transcript().of(self.name())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.running.borrow().is_some() && Rc::strong_count(&self.link) > 1 {
            self.reset();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// An event that the server wants to have acknowledged.
pub struct Question<E> {
    /// The event.
    pub event: E,
    id: u64,
    conversation: Rc<Conversation>,
}

impl<E: Event> Question<E> {
    /// Acknowledges it.
    pub fn answer(self, reply: &E::Reply)
    where
        E::Reply: Serialize,
    {
        let arguments = encoded(E::NAME, event::encode_reply(reply));
        let (conversation, id) = (&self.conversation, self.id);
        conversation.note(Happened::Sent(Traffic::acknowledgement(id, &arguments)));
        let namespace = conversation.namespace.clone();
        conversation.send(&Packet::Ack { namespace, id, arguments });
    }

    /// Refuses it: over Socket.IO, which has no words of its own for that, by an acknowledgement that is
    /// `{ error: { code, message } }`.
    pub fn refuse(self, refusal: &Refusal) {
        let (conversation, id) = (&self.conversation, self.id);
        let words = serde_json::to_string(refusal).expect("a refusal has a JSON form");
        let shown = as_acknowledgement(&words);
        conversation.note(Happened::Sent(Traffic::acknowledgement(id, &shown)));
        conversation.refuse_question(id, refusal);
    }
}

impl<E: std::fmt::Debug> std::fmt::Debug for Question<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("event", &self.event).finish_non_exhaustive()
    }
}

/// What a test sends must have a JSON form.
#[track_caller]
fn encoded(name: &str, arguments: Result<Payload, PayloadError>) -> Payload {
    arguments.unwrap_or_else(|error| panic!("{name} cannot be sent: {error}"))
}

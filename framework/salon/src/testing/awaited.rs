//! What a test awaits of a client, and how it fails.
//!
//! It must never wait for something that can no longer come: when nothing is left to run, it fails.

use std::{future::IntoFuture, marker::PhantomData, panic::Location, rc::Rc, time::Duration};

use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;

use super::{conversation::Conversation, incoming::Closed};
use crate::{
    base::refusal::{Code, Refusal},
    event::{self, Event},
    message::ToldRefusal,
    payload::Payload,
};

/// An event that was sent; awaited, it yields its acknowledgement.
#[must_use = "the event is sent; await this for its acknowledgement, or use `emit` if none is wanted"]
pub struct Sent<R> {
    conversation: Rc<Conversation>,
    name: &'static str,
    id: u64,
    /// The connection that it was sent over.
    generation: u64,
    caller: &'static Location<'static>,
    of: PhantomData<fn() -> R>,
}

impl<R> Sent<R> {
    pub(super) fn new(
        conversation: &Rc<Conversation>,
        name: &'static str,
        arguments: Payload,
        caller: &'static Location<'static>,
    ) -> Self {
        let id = conversation.emit(name, arguments, true).unwrap_or_default();
        let generation = conversation.generation();
        Self { conversation: conversation.clone(), name, id, generation, caller, of: PhantomData }
    }
}

impl<R: DeserializeOwned + 'static> IntoFuture for Sent<R> {
    type Output = Result<R, Refusal>;
    type IntoFuture = LocalBoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { conversation, name, id, generation, caller, .. } = self;
        async move {
            let answered = || {
                let answer = conversation.take_answer(id).map(Some);
                let is_over =
                    || conversation.generation() != generation || conversation.closed().is_some();
                answer.or_else(|| is_over().then_some(None))
            };
            match conversation.world.find(answered).await {
                Some(Some(arguments)) => outcome(&arguments).unwrap_or_else(|error| {
                    conversation.fail(caller, &format!("got an answer to {name}, and {error}"))
                }),
                Some(None) => {
                    Err(Refusal::new(Code::Disconnected, "the connection ended before the answer"))
                }
                None => {
                    let what = format!(
                        "got no answer to {name}, and nothing is left to run; if its handler waits \
                         for time, advance the lab's clock before awaiting this; if it waits for what is \
                         not in the lab (a store with a thread of its own, as `Sqlite`, or a database), \
                         give the app a `MemoryStore`, or use `Lab::serve`"
                    );
                    conversation.fail(caller, &what)
                }
            }
        }
        .boxed_local()
    }
}

impl<R> std::fmt::Debug for Sent<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, id, .. } = self;
        f.debug_struct("Sent").field("name", name).field("id", id).finish_non_exhaustive()
    }
}

impl<E> std::fmt::Debug for Expectation<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let client = &self.conversation.name;
        let mut debug = f.debug_struct("Expectation");
        debug.field("client", client).field("span", &self.span).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Closing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let client = &self.conversation.name;
        let mut debug = f.debug_struct("Closing");
        debug.field("client", client).field("span", &self.span).finish_non_exhaustive()
    }
}

fn outcome<R: DeserializeOwned + 'static>(
    arguments: &Payload,
) -> Result<Result<R, Refusal>, crate::payload::PayloadError> {
    match ToldRefusal::in_acknowledgement(arguments) {
        Some(told) => Ok(Err(told.into_refusal())),
        None => event::decode_reply(arguments).map(Ok),
    }
}

/// An event that is to come; awaited, it yields it.
#[must_use = "an expectation does nothing until it is awaited"]
pub struct Expectation<E> {
    conversation: Rc<Conversation>,
    caller: &'static Location<'static>,
    span: Option<Duration>,
    of: PhantomData<fn() -> E>,
}

impl<E> Expectation<E> {
    pub(super) fn new(conversation: &Rc<Conversation>, caller: &'static Location<'static>) -> Self {
        Self { conversation: conversation.clone(), caller, span: None, of: PhantomData }
    }

    /// Lets time pass until it comes, and no longer than `span`.
    pub fn within(self, span: Duration) -> Self {
        Self { span: Some(span), ..self }
    }
}

impl<E: Event + DeserializeOwned> IntoFuture for Expectation<E> {
    type Output = E;
    type IntoFuture = LocalBoxFuture<'static, E>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { conversation, caller, span, .. } = self;
        async move {
            let found = || conversation.take_event(|event| event.name == E::NAME);
            let came = match span {
                None => conversation.world.find(found).await,
                Some(span) => conversation.world.find_within(span, found).await,
            };
            match came.map(|event| event::decode(&event.payload)) {
                Some(Ok(event)) => event,
                Some(Err(error)) => {
                    conversation.fail(caller, &format!("got {}, and {error}", E::NAME))
                }
                None => conversation.fail(caller, &format!("expected {}, and none came", E::NAME)),
            }
        }
        .boxed_local()
    }
}

/// The end of a connection; awaited, it says how it ended.
#[must_use = "this does nothing until it is awaited"]
pub struct Closing {
    conversation: Rc<Conversation>,
    caller: &'static Location<'static>,
    span: Option<Duration>,
}

impl Closing {
    pub(super) fn new(conversation: &Rc<Conversation>, caller: &'static Location<'static>) -> Self {
        Self { conversation: conversation.clone(), caller, span: None }
    }

    /// Lets time pass until it ends, and no longer than `span`.
    pub fn within(self, span: Duration) -> Self {
        Self { span: Some(span), ..self }
    }
}

impl IntoFuture for Closing {
    type Output = Closed;
    type IntoFuture = LocalBoxFuture<'static, Closed>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { conversation, caller, span } = self;
        async move {
            let world = &conversation.world;
            let ended = || conversation.closed();
            let found = match span {
                None => world.find(ended).await,
                Some(span) => world.find_within(span, ended).await,
            };
            // The end of the link often comes right after that of the session.
            world.settle().await;
            match found.and_then(|_| conversation.closed()) {
                Some(closed) => closed,
                None => conversation.fail(caller, "expected to be disconnected, and is not"),
            }
        }
        .boxed_local()
    }
}

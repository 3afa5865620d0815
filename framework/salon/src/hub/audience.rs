//! For whom an emit is: sessions of one namespace, chosen by rooms.
//!
//! It must never be evaluated here: each worker's shard applies it to its own sessions.

use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::oneshot;

use super::{
    asking::reply,
    broadcaster::Broadcaster,
    command::Command,
    question::{Answers, Question},
    socket::Socket,
    target::Target,
};
use crate::{
    base::clock,
    event::{self, Event},
    message::{Answered, Class, Publication},
    outbox::End,
    payload::{IntoPayload, Payload, Value},
    session::acknowledgement::AskError,
};

/// Sessions of one namespace: all of them, or those in any of several rooms; without those in
/// others. A session's id works as a room that it is alone in.
///
/// ```no_run
/// # fn example(salon: &salon::Salon) {
/// salon.namespace("/").to("red").to("blue").except("muted").emit_named("score", (3, 4));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Audience {
    broadcaster: Arc<Broadcaster>,
    namespace: ByteString,
    to: Vec<ByteString>,
    except: Vec<ByteString>,
    volatile: bool,
}

impl Socket {
    /// Everybody in the namespace, this client included.
    #[must_use]
    pub fn everyone(&self) -> Audience {
        self.everyone_in(self.handle().namespace.clone())
    }

    /// Everybody in another namespace.
    #[must_use]
    pub fn everyone_in(&self, namespace: impl Into<ByteString>) -> Audience {
        Audience::new(self.broadcaster().clone(), namespace.into())
    }

    /// Everybody else in the namespace.
    #[must_use]
    pub fn broadcast(&self) -> Audience {
        self.everyone().except(self.handle().id.to_byte_string())
    }

    /// Everybody else in a room of the namespace.
    #[must_use]
    pub fn to(&self, room: impl Into<ByteString>) -> Audience {
        self.broadcast().to(room)
    }
}

impl Audience {
    pub(crate) fn new(broadcaster: Arc<Broadcaster>, namespace: ByteString) -> Self {
        Self { broadcaster, namespace, to: Vec::new(), except: Vec::new(), volatile: false }
    }

    /// Only those in this room, or in one of the others named so.
    #[must_use]
    pub fn to(mut self, room: impl Into<ByteString>) -> Self {
        self.to.push(room.into());
        self
    }

    /// Not those in this room.
    #[must_use]
    pub fn except(mut self, room: impl Into<ByteString>) -> Self {
        self.except.push(room.into());
        self
    }

    /// Not those whose transport is not writable at this moment.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Sends an event to all of them. One that cannot be sent, by its name or because it has no JSON
    /// form, is logged and counted as [`EventsNotSent`](crate::Count::EventsNotSent).
    pub fn emit<E: Event + Serialize>(&self, event: &E) {
        if !self.broadcaster.is_free(E::NAME) {
            return;
        }
        if let Ok(payload) = self.broadcaster.encoded(E::NAME, event::encode(event)) {
            let class = if self.volatile { Class::Volatile } else { Class::of(event) };
            self.send(E::NAME.into(), payload, class);
        }
    }

    /// Sends an untyped event to all of them; what cannot be sent is logged and counted as that of
    /// [`emit`](Self::emit).
    pub fn emit_named(&self, name: impl Into<ByteString>, payload: impl IntoPayload) {
        // It may be a part of what a client sent: nothing else of that is kept.
        let name = ByteString::from(&*name.into());
        if !self.broadcaster.is_free(&name) {
            return;
        }
        if let Ok(payload) = self.broadcaster.encoded(&name, payload.into_kept_payload()) {
            let class = if self.volatile { Class::Volatile } else { Class::Reliable };
            self.send(name, payload, class);
        }
    }

    fn send(&self, name: ByteString, payload: Payload, class: Class) {
        self.broadcaster.publish(&self.target(), name, payload, class, |_| true);
    }

    /// Asks all of them, and waits until each has answered or the time is over: the answers that
    /// came are kept.
    ///
    /// # Errors
    /// [`AskError::Payload`] when the event cannot be encoded, [`AskError::ReservedName`] when its name
    /// is not the application's.
    pub async fn ask<E: Event + Serialize>(
        &self,
        event: &E,
        timeout: Duration,
    ) -> Result<Answers<E::Reply>, AskError>
    where
        E::Reply: DeserializeOwned,
    {
        let name = ByteString::from_static(E::NAME);
        let answers = self.ask_payload(name, event::encode(event)?, timeout).await?;
        Ok(answers.decode(|answered| reply(answered).ok()))
    }

    /// Asks all of them with an untyped event.
    ///
    /// # Errors
    /// [`AskError::Payload`] when the payload cannot be encoded, [`AskError::ReservedName`] when the
    /// name is not the application's.
    pub async fn ask_named(
        &self,
        name: impl Into<ByteString>,
        payload: impl IntoPayload,
        timeout: Duration,
    ) -> Result<Answers<Vec<Value>>, AskError> {
        let answers = self.ask_payload(name.into(), payload.into_kept_payload()?, timeout).await?;
        Ok(answers.decode(|answered| answered.untyped().ok()?.values().ok()))
    }

    async fn ask_payload(
        &self,
        name: ByteString,
        payload: Payload,
        timeout: Duration,
    ) -> Result<Answers<Answered>, AskError> {
        let broadcaster = &self.broadcaster;
        broadcaster.check_name(&name)?;
        let id = broadcaster.next_acknowledgement();
        let namespace = self.namespace.clone();
        let publication = Publication::question(namespace, name, payload, None, id);
        let deadline = clock::after(timeout);
        let limit = broadcaster.max_pending_acknowledgements;
        let (question, replies) = Question::new(id, deadline, limit);
        broadcaster.tell_all(|| Command::Deliver {
            target: self.target(),
            publication: publication.clone(),
            question: Some(question.clone()),
        });
        drop(question);
        Ok(replies.collect().await)
    }

    /// The sockets of all of them.
    pub async fn fetch(&self) -> Vec<Socket> {
        let mut replies = Vec::new();
        for shard in &*self.broadcaster.shards() {
            let (found, reply) = oneshot::channel();
            shard.send(Command::Fetch { target: self.target(), found });
            replies.push(reply);
        }
        let mut sockets = Vec::new();
        for reply in replies {
            // A worker that has ended has no sessions.
            let handles = reply.await.unwrap_or_default();
            let socket = |handle| Socket::new(handle, self.broadcaster.clone());
            sockets.extend(handles.into_iter().map(socket));
        }
        sockets
    }

    /// All of them join a room.
    pub fn join(&self, room: impl Into<ByteString>) {
        let room = room.into();
        self.broadcaster
            .tell_all(|| Command::JoinAll { target: self.target(), room: room.clone() });
    }

    /// All of them leave a room.
    pub fn leave(&self, room: impl Into<ByteString>) {
        let room = room.into();
        self.broadcaster
            .tell_all(|| Command::LeaveAll { target: self.target(), room: room.clone() });
    }

    /// Ends all of these sessions; their connections go on.
    pub fn disconnect(&self) {
        self.end(End::Session);
    }

    /// Ends all of these sessions and their connections.
    pub fn close(&self) {
        self.end(End::Connection);
    }

    fn end(&self, end: End) {
        self.broadcaster.tell_all(|| Command::EndAll { target: self.target(), end });
    }

    fn target(&self) -> Target {
        Target::Namespace {
            namespace: self.namespace.clone(),
            to: self.to.clone(),
            except: self.except.clone(),
        }
    }
}

//! One event and its answer, by one request: for curl, tests and other services.
//!
//! It has a session of its own, which ends with it, so that whatever is asked about an event is asked about
//! this one. It must never leave that behind.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use bytestring::ByteString;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::timeout;

use super::{
    body::{self, Untaken},
    status,
    text_link::{Terms, TextLink, Told},
};
use crate::{
    base::{
        config::Timeouts,
        disconnect::DisconnectReason,
        refusal::{Code, Refusal},
    },
    connection::{ConnectionHandle, Connections, ReceiveWindow, SHUTTING_DOWN},
    event::CONNECT,
    message::{ToldRefusal, ToldRefused},
    protocol::is_own,
    transport::http::{Reply, Upload},
    wire::{
        engine_io::Message,
        socket_io::Messages,
        typed::{Frame, FrameRef, Lines},
    },
};

/// By what the answer is known.
const ID: u64 = 1;

/// A header with what the event is known by if it is sent again.
const KEY: &str = "idempotency-key";

/// The event that a request is.
pub(super) struct Call {
    /// As a frame.
    frame: ByteString,
}

impl Call {
    /// Reads a request.
    pub(super) async fn read(
        request: &HttpRequest,
        upload: &mut Upload,
        connections: &Connections,
        reply: &Reply,
        event: &str,
    ) -> Result<Self, Untaken> {
        if request.method() != Method::POST {
            let message = "an event is called by POST, with its payload as JSON in the body";
            return Err(body::not_allowed("POST", message));
        }
        if is_own(event) {
            let message = "names that begin with `salon:` are the protocol's, and none is called";
            let refusal = Refusal::new(Code::UnknownEvent, message);
            return Err((status::of_code(refusal.code()), refusal).into());
        }
        let limit = connections.limits().max_payload;
        let text = body::text(request, upload, limit).await?;
        let json = text.trim();
        if !json.is_empty() && serde_json::from_str::<IgnoredAny>(json).is_err() {
            return Err(body::invalid("the body is no JSON"));
        }
        let delivery = reply.handshake().header(KEY).map(|key| json!({ "$": { "key": key } }));
        let last = delivery.map(|delivery| delivery.to_string());
        let last = last.as_deref();
        let frame = FrameRef::Event { id: Some(ID), name: event, values: json, last };
        Ok(Self { frame: frame.write_behind("").into() })
    }

    /// Has a connection handle it, and answers.
    pub(super) async fn answer(
        self,
        connections: &Arc<Connections>,
        reply: &Reply,
        handle: Arc<ConnectionHandle>,
    ) -> HttpResponse {
        let terms = Terms { before: "", behind: b"\n", heartbeat: b"", answers_itself: true };
        let calling = Calling { connections, link: TextLink::new(handle, terms) };
        let messages = Messages::from(Message::Text(self.frame));
        calling.link.handle.hand_over(messages, &Arc::<ReceiveWindow>::default());
        let answered = match longest(connections.timeouts()) {
            Some(limit) => timeout(limit, calling.answered()).await.unwrap_or_else(|_| {
                Err(Refusal::new(Code::Timeout, "the event was not answered in time"))
            }),
            None => calling.answered().await,
        };
        match answered {
            Ok(json) => reply.json(StatusCode::OK, json),
            Err(refusal) => status::refused(reply, &refusal),
        }
    }
}

/// How long an answer may take: as long as all together that it may wait for. What handles an event without a
/// type may never answer, and whoever calls it waits for nothing else.
fn longest(timeouts: &Timeouts) -> Option<Duration> {
    let asked = timeouts.connect + 2 * timeouts.middleware + timeouts.loading;
    timeouts.handler.map(|handler| asked + handler)
}

/// A call that waits for its answer; dropped, it ends its session.
struct Calling<'a> {
    connections: &'a Connections,
    link: TextLink,
}

impl Calling<'_> {
    async fn answered(&self) -> Result<String, Refusal> {
        loop {
            let text = match self.link.told().await {
                Told::Text(text) => text,
                Told::Over(DisconnectReason::ServerShuttingDown) => {
                    let message = "the server is shutting down; try another one";
                    return Err(Refusal::other(SHUTTING_DOWN, message));
                }
                Told::Over(_) | Told::Replaced => {
                    let message = "the session ended before the event was answered";
                    return Err(Refusal::new(Code::Disconnected, message));
                }
            };
            // Its codec has written it.
            let text = ByteString::try_from(text).unwrap_or_default();
            for line in Lines::new(text) {
                if let Some(answer) = answer(line) {
                    return answer;
                }
            }
        }
    }
}

/// The answer, if that is in a frame.
fn answer(line: ByteString) -> Option<Result<String, Refusal>> {
    match Frame::decode(line).ok()? {
        Frame::Answer { id: ID, payload } => {
            let json = payload.json();
            Some(Ok(if json.is_empty() { "null" } else { json }.to_owned()))
        }
        Frame::Refusal { id: ID, error } => {
            let told = serde_json::from_str::<ToldRefusal>(&error);
            Some(Err(told.map_or_else(|_| Refusal::logged_already(), ToldRefusal::into_refusal)))
        }
        // Without a session there is no answer to wait for.
        Frame::Event { name, payload, .. } if name == "salon:refused" => {
            let refused = payload.check().ok()?.single::<ToldRefused>().ok()?;
            (refused.event == CONNECT).then(|| Err(refused.error.into_refusal()))
        }
        _ => None,
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let handle = &self.link.handle;
        handle.close(DisconnectReason::ClientNamespaceDisconnect);
        self.connections.forget(handle);
    }
}

//! How a connection begins whose client is told things by responses: what it says first, and whether it has a
//! session.
//!
//! It must never leave a connection behind whose client was not told of its session.

use std::sync::Arc;

use actix_web::{HttpRequest, http::Method};
use bytes::{Buf as _, Bytes};
use bytestring::ByteString;

use super::{
    body::{self, Untaken},
    text_link::{Terms, TextLink, Told},
};
use crate::{
    auth::Principal,
    base::{
        bye::Bye,
        disconnect::DisconnectReason,
        refusal::{Code, Refusal},
    },
    connection::{Connections, FULL, ReceiveWindow, SHUTTING_DOWN},
    event::CONNECT,
    message::ToldRefused,
    outbox::TransportKind,
    protocol::{Typed, seen},
    transport::http::{Reply, Upload},
    wire::{
        engine_io::Message,
        socket_io::Messages,
        typed::{FrameRef, Lines},
    },
};

/// The parameter with a frame of the client's: an `EventSource` can say nothing else.
const JOIN: &str = "join";

/// The header by which an `EventSource` says what it has seen.
const LAST_EVENT_ID: &str = "last-event-id";

/// What its client is told first if it has a session.
const WELCOME: &str = "[\"salon:welcome\",";

/// What a client says that opens a connection.
pub(super) struct Opening {
    frames: Messages,
    /// Whether it says who its client is.
    pub(super) connects: bool,
}

impl Opening {
    /// Reads a request: of a GET what its `Last-Event-ID` and its parameters say, of a POST the frames in
    /// its body.
    pub(super) async fn read(
        request: &HttpRequest,
        upload: &mut Upload,
        connections: &Connections,
        reply: &Reply,
    ) -> Result<Self, Untaken> {
        let handshake = reply.handshake();
        let lines = match *request.method() {
            Method::GET => {
                let claims = handshake.header(LAST_EVENT_ID).and_then(seen).map(|auth| {
                    let claims =
                        FrameRef::Event { id: None, name: CONNECT, values: &auth, last: None };
                    ByteString::from(claims.write_behind(""))
                });
                let parameters = handshake.parameters();
                let joins = parameters.iter().filter(|(name, _)| *name == JOIN);
                claims.into_iter().chain(joins.map(|(_, frame)| frame.into())).collect()
            }
            Method::POST => {
                let limit = connections.limits().max_payload;
                let text = body::text(request, upload, limit).await?;
                Lines::new(text).collect::<Vec<ByteString>>()
            }
            _ => {
                let message = "a stream is opened by GET, or by POST with frames in the body";
                return Err(body::not_allowed("GET, POST", message));
            }
        };
        body::check_count(&lines, connections.limits().max_frames_per_message)?;
        let connects = lines.first().is_some_and(|line| line.contains(CONNECT));
        Ok(Self { frames: lines.into_iter().map(Message::Text).collect(), connects })
    }

    /// Opens the connection, and waits until it is known whether its client has a session.
    ///
    /// # Errors
    /// If there is no place for it.
    pub(super) async fn open(
        self,
        connections: &Arc<Connections>,
        reply: &Reply,
        principal: Principal,
        transport: TransportKind,
        terms: Terms,
        protocol: Typed,
    ) -> Result<Opened, Refusal> {
        let handshake = reply.handshake().clone();
        let handle = connections.open_typed(handshake, principal, transport, protocol)?;
        let link = Some(TextLink::new(handle.clone(), terms));
        let mut unwelcome = Unwelcome { connections, link };
        if !self.frames.is_empty() {
            handle.hand_over(self.frames, &Arc::<ReceiveWindow>::default());
        }
        let told = match &unwelcome.link {
            Some(link) => first_word(link, terms).await,
            None => Told::Replaced,
        };
        let reason = match told {
            Told::Text(text) => {
                let line = text.strip_prefix(terms.before.as_bytes()).unwrap_or_default();
                if !line.starts_with(WELCOME.as_bytes()) {
                    return Ok(Opened::Refused(refusal_in(line)));
                }
                if let Some(link) = unwelcome.link.take() {
                    return Ok(Opened::Welcome(link, text));
                }
                DisconnectReason::TransportError
            }
            Told::Over(reason) => reason,
            // Nobody else knows it.
            Told::Replaced => DisconnectReason::TransportError,
        };
        Ok(Opened::Over(handle.outbox().bye(reason)))
    }
}

/// What has become of a connection that was to be opened.
pub(super) enum Opened {
    /// Its client has a session, and is told so by this.
    Welcome(TextLink, Bytes),
    /// Its client has none.
    Refused(Refusal),
    /// It has ended before that was known.
    Over(Option<Bye>),
}

/// A connection whose client has not been told of its session; dropped, it ends that.
struct Unwelcome<'a> {
    connections: &'a Connections,
    link: Option<TextLink>,
}

impl Drop for Unwelcome<'_> {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.handle.abort(DisconnectReason::TransportClose);
            self.connections.forget(&link.handle);
        }
    }
}

/// What a client is told first, whom that may have kept waiting for longer than a heartbeat.
async fn first_word(link: &TextLink, terms: Terms) -> Told {
    loop {
        let mut told = link.told().await;
        let Told::Text(text) = &mut told else { return told };
        while !terms.heartbeat.is_empty() && text.starts_with(terms.heartbeat) {
            text.advance(terms.heartbeat.len());
        }
        if !text.is_empty() {
            return told;
        }
    }
}

/// Why there is no session, as it was written.
fn refusal_in(line: &[u8]) -> Refusal {
    let text = std::str::from_utf8(line).unwrap_or_default();
    let json = text.lines().next().unwrap_or_default();
    match serde_json::from_str::<(String, ToldRefused)>(json) {
        Ok((_, ToldRefused { error, .. })) => error.into_refusal(),
        Err(_) => Refusal::logged_already(),
    }
}

/// Why there is none where the connection ended first.
pub(super) fn refusal_of(bye: Option<Bye>) -> Refusal {
    match bye {
        Some(Bye::ShuttingDown) => Refusal::other(SHUTTING_DOWN, "the server is shutting down"),
        Some(Bye::TooMany) => Refusal::other(FULL, "others came before it was known who you are"),
        Some(Bye::BadFrame) => {
            let message = "what came in the place of `salon:connect` is no frame of a client";
            Refusal::other(Bye::BadFrame.as_str(), message)
        }
        Some(Bye::ConnectTimeout) => {
            Refusal::new(Code::Timeout, "it was not known in time who you are")
        }
        _ => Refusal::logged_already(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_there_is_no_session_is_read_as_it_was_written() {
        let line = br#"["salon:refused",{"event":"salon:connect","error":{"code":"forbidden","message":"no"}}]"#;
        assert_eq!(refusal_in(line), Refusal::forbidden("no"));
        assert_eq!(refusal_in(b"[7]"), Refusal::logged_already());
    }
}

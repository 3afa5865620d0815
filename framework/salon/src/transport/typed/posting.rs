//! What a client posts that has a stream of events: frames, in numbered batches, each of which is taken
//! once.
//!
//! It must never take a batch in part, nor lose the count of one that was taken.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use serde_json::json;

use super::body::{self, Untaken};
use crate::{
    auth::Principal,
    base::refusal::{Code, Refusal},
    connection::{ConnectionHandle, Connections},
    outbox::TransportKind,
    transport::http::{Reply, Upload},
    wire::{engine_io::Message, typed::Lines},
};

/// The header by which a client names its stream: by the secret that it was told there.
const SESSION: &str = "salon-session";

/// The header with the number of the batch: from 1, each one more than the one before.
const SEQ: &str = "salon-seq";

/// Takes a batch.
pub(super) async fn post(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: &Principal,
) -> Result<HttpResponse, Untaken> {
    if request.method() != Method::POST {
        let refusal = Refusal::new(Code::InvalidPayload, "frames are sent by POST, one on a line");
        return Err((StatusCode::METHOD_NOT_ALLOWED, refusal));
    }
    let handle = find(connections, reply, principal)?;
    let number = number(reply)?;
    let Some(_claim) = handle.begin_post() else {
        let refusal = Refusal::other("one_at_a_time", "another batch is under way; wait for it");
        return Err((StatusCode::CONFLICT, refusal));
    };
    let limits = connections.limits();
    // First, so that its client may go on by the same connection whatever it is told.
    let text = body::text(request, upload, limits.max_payload).await?;
    let expected = handle.posted() + 1;
    if number < expected {
        return Ok(reply.json(StatusCode::OK, json!({ "duplicate": true }).to_string()));
    }
    if number > expected {
        let message = "a batch before this one has not come";
        let gap = json!({ "code": "gap", "message": message, "expected": expected });
        return Ok(reply.json(StatusCode::CONFLICT, gap.to_string()));
    }
    let lines: Vec<_> = Lines::new(text).collect();
    body::check_count(&lines, limits.max_frames_per_message)?;
    // Before anything is waited for: a client that goes now, and sends it once more, has sent it.
    handle.set_posted(number);
    let frames = lines.into_iter().map(Message::Text).collect();
    // An end of the stream that one of them brings is told there, as that of a WebSocket is.
    let _ = handle.receive(frames, None).await;
    Ok(reply.json(StatusCode::ACCEPTED, String::new()))
}

/// The stream of whoever sends. Somebody else's is as unknown as one that does not exist.
fn find(
    connections: &Connections,
    reply: &Reply,
    principal: &Principal,
) -> Result<Arc<ConnectionHandle>, Untaken> {
    let secret = reply.handshake().header(SESSION);
    let found = secret.and_then(|secret| connections.find(secret)).filter(|handle| {
        handle.transport() == TransportKind::EventStream
            && handle.principal() == principal
            && handle.outbox().closed().is_none()
    });
    found.ok_or_else(gone)
}

fn gone() -> Untaken {
    let message = "there is no stream of that `Salon-Session`; open another one";
    (StatusCode::NOT_FOUND, Refusal::new(Code::Gone, message))
}

fn number(reply: &Reply) -> Result<u64, Untaken> {
    let header = reply.handshake().header(SEQ);
    let number = header.and_then(|number| number.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| body::invalid("`Salon-Seq` is the number of the batch, from 1 on"))
}

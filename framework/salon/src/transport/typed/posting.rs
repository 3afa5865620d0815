//! What a client posts that is told things by responses: frames, in numbered batches, each of which is taken
//! once.
//!
//! It must never take a batch in part, nor lose the count of one that was taken.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use serde_json::json;

use super::{
    body::{self, Untaken},
    secret,
};
use crate::{
    auth::Principal,
    base::refusal::Refusal,
    connection::Connections,
    transport::http::{Reply, Upload},
    wire::{engine_io::Message, typed::Lines},
};

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
        return Err(body::not_allowed("POST", "frames are sent by POST, one on a line"));
    }
    let handle = secret::find(connections, reply, principal)?;
    if handle.outbox().closed().is_some() {
        return Err(secret::gone());
    }
    let words = "`Salon-Seq` is the number of the batch, from 1 on";
    let number = secret::number(reply, SEQ, words)?;
    let numbered = handle.numbered().filter(|_| number > 0).ok_or_else(|| body::invalid(words))?;
    let Some(_claim) = handle.begin_post() else {
        let refusal = Refusal::other("one_at_a_time", "another batch is under way; wait for it");
        return Err((StatusCode::CONFLICT, refusal).into());
    };
    let limits = connections.limits();
    // First, so that its client may go on by the same connection whatever it is told.
    let text = body::text(request, upload, limits.max_payload).await?;
    let expected = numbered.posted() + 1;
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
    numbered.set_posted(number);
    let frames = lines.into_iter().map(Message::Text).collect();
    // An end of the stream that one of them brings is told there, as that of a WebSocket is.
    let _ = handle.receive(frames, None).await;
    Ok(reply.json(StatusCode::ACCEPTED, String::new()))
}

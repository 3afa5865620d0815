//! The body of a request, whole.
//!
//! It must never hold more than the limit.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
};
use bytes::BytesMut;
use bytestring::ByteString;

use crate::{
    base::refusal::{Code, Refusal},
    transport::http::Upload,
};

/// Why a body is not taken.
pub(super) type Untaken = (StatusCode, Refusal);

/// Reads a body of at most `limit` bytes, which is text.
pub(super) async fn text(
    request: &HttpRequest,
    upload: &mut Upload,
    limit: usize,
) -> Result<ByteString, Untaken> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let mut all = BytesMut::new();
    while let Some(chunk) = upload.next().await {
        let chunk = chunk.map_err(|_| {
            let cut = Refusal::new(Code::InvalidPayload, "the body ended before its end");
            (StatusCode::BAD_REQUEST, cut)
        })?;
        if chunk.len() > limit - all.len() {
            return Err(too_large(limit));
        }
        all.extend_from_slice(&chunk);
    }
    ByteString::try_from(all.freeze()).map_err(|_| {
        let refusal = Refusal::new(Code::InvalidPayload, "the body is no text in UTF-8");
        (StatusCode::BAD_REQUEST, refusal)
    })
}

fn too_large(limit: usize) -> Untaken {
    let message = format!("a body has {limit} bytes at most; send less at once");
    (StatusCode::PAYLOAD_TOO_LARGE, Refusal::new(Code::LimitExceeded, message))
}

//! The body of a request: frames, one on each line, or one value.
//!
//! It must never hold more than the limit.

use actix_web::{HttpRequest, http::StatusCode};
use bytestring::ByteString;

use crate::{
    base::refusal::{Code, Refusal},
    transport::http::{ReadError, Upload},
};

/// Why a request is not served, in HTTP and in words.
pub(super) type Untaken = (StatusCode, Refusal);

/// Reads a body of at most `limit` bytes, which is text.
pub(super) async fn text(
    request: &HttpRequest,
    upload: &mut Upload,
    limit: usize,
) -> Result<ByteString, Untaken> {
    let all = upload.read(request, limit).await.map_err(|error| match error {
        ReadError::TooLarge => {
            let message = format!("a body has {limit} bytes at most; send less at once");
            (StatusCode::PAYLOAD_TOO_LARGE, Refusal::new(Code::LimitExceeded, message))
        }
        ReadError::Aborted => invalid("the body ended before its end"),
    })?;
    ByteString::try_from(all).map_err(|_| invalid("the body is no text in UTF-8"))
}

/// Refuses more than `most` frames.
pub(super) fn check_count(frames: &[ByteString], most: usize) -> Result<(), Untaken> {
    if frames.len() > most {
        let message = "more frames at once than `limits.max_frames_per_message`";
        return Err((StatusCode::BAD_REQUEST, Refusal::new(Code::LimitExceeded, message)));
    }
    Ok(())
}

/// What is wrong with a request, before anybody has looked at what it means.
pub(super) fn invalid(message: &'static str) -> Untaken {
    (StatusCode::BAD_REQUEST, Refusal::new(Code::InvalidPayload, message))
}

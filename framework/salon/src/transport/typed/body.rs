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
#[derive(Debug)]
pub(super) struct Untaken {
    pub(super) status: StatusCode,
    pub(super) refusal: Refusal,
    /// The methods that are allowed, if that is what it is about.
    pub(super) allowed: Option<&'static str>,
}

impl From<(StatusCode, Refusal)> for Untaken {
    fn from((status, refusal): (StatusCode, Refusal)) -> Self {
        Self { status, refusal, allowed: None }
    }
}

/// Refuses a method.
pub(super) fn not_allowed(allowed: &'static str, message: &'static str) -> Untaken {
    let refusal = Refusal::new(Code::InvalidPayload, message);
    Untaken { status: StatusCode::METHOD_NOT_ALLOWED, refusal, allowed: Some(allowed) }
}

/// Reads a body of at most `limit` bytes, which is text.
pub(super) async fn text(
    request: &HttpRequest,
    upload: &mut Upload,
    limit: usize,
) -> Result<ByteString, Untaken> {
    let all = upload.read(request, limit).await.map_err(|error| match error {
        ReadError::TooLarge => {
            let message = format!("a body has {limit} bytes at most; send less at once");
            (StatusCode::PAYLOAD_TOO_LARGE, Refusal::new(Code::LimitExceeded, message)).into()
        }
        ReadError::Aborted => invalid("the body ended before its end"),
    })?;
    ByteString::try_from(all).map_err(|_| invalid("the body is no text in UTF-8"))
}

/// Refuses more than `most` frames.
pub(super) fn check_count(frames: &[ByteString], most: usize) -> Result<(), Untaken> {
    if frames.len() > most {
        let message = "more frames at once than `limits.max_frames_per_message`";
        return Err((StatusCode::BAD_REQUEST, Refusal::new(Code::LimitExceeded, message)).into());
    }
    Ok(())
}

/// What is wrong with a request, before anybody has looked at what it means.
pub(super) fn invalid(message: &'static str) -> Untaken {
    (StatusCode::BAD_REQUEST, Refusal::new(Code::InvalidPayload, message)).into()
}

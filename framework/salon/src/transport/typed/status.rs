//! What a refusal is in HTTP, for clients that know no more.
//!
//! It must never say more than the refusal does.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use super::body::Untaken;
use crate::{
    base::{
        bye::Bye,
        refusal::{Code, Refusal},
    },
    connection::{CROWDED, FULL, SHUTTING_DOWN},
    transport::http::Reply,
};

/// What was sent is no frame.
const BAD_FRAME: &str = Bye::BadFrame.as_str();

/// The status of a refusal with that code.
pub(super) fn of_code(code: &Code) -> StatusCode {
    match code.as_str() {
        // A matter of this process, not of the client: a load balancer tries another one then.
        SHUTTING_DOWN | FULL => return StatusCode::SERVICE_UNAVAILABLE,
        CROWDED => return StatusCode::TOO_MANY_REQUESTS,
        BAD_FRAME => return StatusCode::BAD_REQUEST,
        _ => {}
    }
    match code {
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::Lapsed | Code::Revoked | Code::NotAMember => StatusCode::FORBIDDEN,
        Code::UnknownEvent | Code::NotFound | Code::Gone => StatusCode::NOT_FOUND,
        Code::InvalidPayload => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited | Code::LimitExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Internal | Code::Disconnected => StatusCode::INTERNAL_SERVER_ERROR,
        // What else is refused is so by the state that something is in, as the application's own are.
        _ => StatusCode::CONFLICT,
    }
}

/// The response that says why.
pub(super) fn refused(reply: &Reply, refusal: &Refusal) -> HttpResponse {
    with_status(reply, of_code(refusal.code()), refusal)
}

/// The response where a request is not served.
pub(super) fn untaken(reply: &Reply, untaken: &Untaken) -> HttpResponse {
    let mut response = with_status(reply, untaken.status, &untaken.refusal);
    if let Some(allowed) = untaken.allowed {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

/// As [`refused`], where the status is another one.
fn with_status(reply: &Reply, status: StatusCode, refusal: &Refusal) -> HttpResponse {
    // A code, a text and JSON always have a form in JSON.
    let json = serde_json::to_string(refusal).unwrap_or_default();
    let mut response = reply.json(status, json);
    if let Some(seconds) = retry_after(refusal) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// In how many seconds it may be tried again, if the refusal says so.
fn retry_after(refusal: &Refusal) -> Option<u64> {
    let wait = Duration::from_millis(refusal.data()?.get("retry_after_ms")?.as_u64()?);
    Some(wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_when_to_try_again_in_whole_seconds() {
        let refusal = |data| Refusal::new(Code::RateLimited, "later").with_data(data);
        for (wait, seconds) in [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2)] {
            let refusal = refusal(json!({ "retry_after_ms": wait }));
            assert_eq!(retry_after(&refusal), Some(seconds), "{wait} ms");
        }
        assert_eq!(retry_after(&refusal(json!({}))), None);
    }
}

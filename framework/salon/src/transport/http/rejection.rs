//! Why a request is refused, and how its client is told.
//!
//! It must never show a client more of a refusal than its message.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

use super::origin::Origin;
use crate::{
    base::refusal::Refusal,
    connection::{CROWDED, FULL, SHUTTING_DOWN},
    wire::engine_io::RequestError,
};

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(in crate::transport) struct Rejection {
    error: RequestError,
    message: Option<Cow<'static, str>>,
    /// Another one than the error's.
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Rejection {
    /// With another message than the error's.
    pub(in crate::transport) fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// With another status than the error's.
    pub(in crate::transport) fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// With a header of its own.
    pub(in crate::transport) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer. No WebSocket client shows a body to a program: what `is_for_people` is the message
    /// alone.
    pub(super) fn respond(&self, origin: &Origin, is_for_people: bool) -> HttpResponse {
        let status = StatusCode::from_u16(self.error.status());
        let status = self.status.or(status.ok()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        let content_type = if is_for_people { "text/html" } else { "application/json" };
        response.insert_header((header::CONTENT_TYPE, content_type));
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        origin.allow(&mut response);
        match &self.message {
            Some(message) if is_for_people => response.body(message.clone()),
            None if is_for_people => response.body(self.error.message()),
            None => response.body(self.error.to_json()),
            Some(message) => response.json(serde_json::json!({
                "code": self.error.code(),
                "message": message,
            })),
        }
    }
}

impl From<RequestError> for Rejection {
    fn from(error: RequestError) -> Self {
        Self { error, message: None, status: None, headers: Vec::new() }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let rejection = Self::from(RequestError::Forbidden).message(refusal.message().to_owned());
        match refusal.code().as_str() {
            // A matter of this process, not of the client: a load balancer tries another one then.
            SHUTTING_DOWN | FULL => rejection.status(StatusCode::SERVICE_UNAVAILABLE),
            CROWDED => rejection.status(StatusCode::TOO_MANY_REQUESTS),
            // 403 is for good.
            _ => rejection,
        }
    }
}

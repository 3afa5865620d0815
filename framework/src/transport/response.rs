//! What the responses to one request have in common.
//!
//! It must never show a client more of a refusal than its message.

use std::{borrow::Cow, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use bytes::Bytes;

use super::{compression, origin::Origin};
use crate::{
    auth::Handshake,
    connection::{FULL, Realm, SHUTTING_DOWN},
    logged::Logged,
    refusal::Refusal,
    wire::engine_io::RequestError,
};

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    error: RequestError,
    message: Option<Cow<'static, str>>,
    /// Whether the server goes away or is full: a matter of this process, not of the client.
    unavailable: bool,
}

impl From<RequestError> for Rejection {
    fn from(error: RequestError) -> Self {
        Self { error, message: None, unavailable: false }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let message = Some(refusal.message().to_owned().into());
        let unavailable = [SHUTTING_DOWN, FULL].contains(&refusal.code().as_str());
        Self { error: RequestError::Forbidden, message, unavailable }
    }
}

/// Makes the responses to one request.
pub(super) struct Reply {
    realm: Arc<Realm>,
    handshake: Arc<Handshake>,
    origin: Origin,
    gzip: bool,
}

impl Reply {
    /// For a request whose origin may connect.
    pub(super) fn new(
        realm: Arc<Realm>,
        handshake: Arc<Handshake>,
        origin: Origin,
        request: &HttpRequest,
    ) -> Self {
        let gzip = realm.http().gzip_from.is_some() && compression::accepts_gzip(request);
        Self { realm, handshake, origin, gzip }
    }

    /// What is known of the client from this request.
    pub(super) fn handshake(&self) -> &Arc<Handshake> {
        &self.handshake
    }

    /// The answer to a polling GET.
    pub(super) fn payload(&self, payload: Bytes) -> HttpResponse {
        self.respond(payload, false)
    }

    /// The answer to the polling GET that opened a session.
    pub(super) fn opening(&self, payload: Bytes) -> HttpResponse {
        self.respond(payload, true)
    }

    /// The answer to a POST that was received.
    pub(super) fn received(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, "text/html"));
        self.add_headers(&mut response, false);
        response.body("ok")
    }

    /// The answer to a POST over the limit.
    pub(super) fn too_large(&self) -> HttpResponse {
        let mut response = HttpResponse::PayloadTooLarge();
        self.origin.allow(&mut response);
        response.finish()
    }

    /// The answer to a request that ended its session.
    pub(super) fn unacceptable(&self) -> HttpResponse {
        let mut response = HttpResponse::BadRequest();
        self.origin.allow(&mut response);
        response.finish()
    }

    /// The answer to a refused request.
    pub(super) fn refused(&self, rejection: &Rejection) -> HttpResponse {
        let mut response = refusal(rejection.error);
        if rejection.unavailable {
            // A load balancer tries another process then; 403 is for good.
            response.status(StatusCode::SERVICE_UNAVAILABLE);
        }
        self.origin.allow(&mut response);
        if self.handshake.header("upgrade").is_some() {
            // No WebSocket client shows a body to a program; a text is for people.
            let message = rejection.message.clone();
            response.insert_header((header::CONTENT_TYPE, "text/html"));
            return response.body(message.unwrap_or_else(|| rejection.error.message().into()));
        }
        match &rejection.message {
            None => response.body(rejection.error.to_json()),
            Some(message) => response.json(serde_json::json!({
                "code": rejection.error.code(),
                "message": message,
            })),
        }
    }

    /// Adds the application's headers, and those by which a page may read the response.
    pub(super) fn add_headers(&self, response: &mut HttpResponseBuilder, initial: bool) {
        self.origin.allow(response);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        let hooks = self.realm.hooks();
        let initial_headers = hooks.initial_headers.as_ref().filter(|_| initial);
        for make in initial_headers.into_iter().chain(&hooks.headers) {
            for (name, value) in make(&self.handshake) {
                // actix-web would put an error in the place of the whole response, and with it of
                // what has been taken out of an outbox for it.
                match (HeaderName::try_from(&*name), HeaderValue::try_from(&*value)) {
                    (Ok(name), Ok(value)) => drop(response.append_header((name, value))),
                    _ => {
                        let name = Logged(name);
                        tracing::error!(%name, "a header of the application's own is malformed");
                    }
                }
            }
        }
    }

    fn respond(&self, payload: Bytes, initial: bool) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, "text/plain; charset=UTF-8"));
        self.add_headers(&mut response, initial);
        let long = self.realm.http().gzip_from.is_some_and(|from| payload.len() >= from);
        if self.gzip && long {
            match compression::gzip(&payload) {
                Ok(compressed) => {
                    response.insert_header((header::CONTENT_ENCODING, "gzip"));
                    return response.body(compressed);
                }
                Err(error) => tracing::error!(%error, "a response was not compressed"),
            }
        }
        response.body(payload)
    }
}

/// The answer to a request of which nothing is trusted, not even its origin.
pub(super) fn untrusted(error: RequestError) -> HttpResponse {
    refusal(error).body(error.to_json())
}

fn refusal(error: RequestError) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, "application/json"));
    response
}

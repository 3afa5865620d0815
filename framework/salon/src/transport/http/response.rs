//! What the responses to one request have in common.
//!
//! It must never show a client more of a refusal than its message.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use bytes::Bytes;

use super::{compression, origin::Origin, rejection::Rejection, request};
use crate::{
    auth::Handshake,
    base::{
        contained::{Panicked, contain},
        logged::Logged,
        meter::Count,
    },
    connection::Connections,
    wire::engine_io::RequestError,
};

/// The type of what Engine.IO answers.
const TEXT: &str = "text/plain; charset=UTF-8";

/// The type of lines of the plain protocol.
pub(in crate::transport) const NDJSON: &str = "application/x-ndjson";

/// The header with the number of the lines that a poll is answered.
const LAST: HeaderName = HeaderName::from_static("salon-last");

/// Makes the responses to one request.
pub(in crate::transport) struct Reply {
    connections: Arc<Connections>,
    handshake: Arc<Handshake>,
    origin: Origin,
    gzip: bool,
}

impl Reply {
    /// For a request that is to be looked at; or the answer, if it is not.
    pub(super) fn begin(
        request: &HttpRequest,
        connections: &Arc<Connections>,
        bearer: Option<&str>,
    ) -> Result<Self, Box<HttpResponse>> {
        // Of a request from elsewhere nothing is trusted, not even that it asks for a WebSocket.
        let origin = Origin::judge(request, connections.origins())
            .map_err(|error| elsewhere(request, error).respond(&Origin::None, false))?;
        if let Some(response) = origin.preflight(request) {
            return Err(response.into());
        }
        let longest = connections.limits().max_handshake_bytes;
        let handshake =
            request::handshake(request, &origin, longest, bearer).map_err(|rejection| {
                rejection.respond(&origin, request.headers().contains_key(header::UPGRADE))
            })?;
        let gzip = connections.http().gzip_from.is_some() && compression::accepts_gzip(request);
        Ok(Self { connections: connections.clone(), handshake: Arc::new(handshake), origin, gzip })
    }

    /// What is known of the client from this request.
    pub(in crate::transport) fn handshake(&self) -> &Arc<Handshake> {
        &self.handshake
    }

    /// The answer to a polling GET.
    pub(in crate::transport) fn payload(&self, payload: Bytes) -> HttpResponse {
        self.respond(payload, TEXT, false)
    }

    /// The answer to the polling GET that opened a session.
    pub(in crate::transport) fn opening(&self, payload: Bytes) -> HttpResponse {
        self.respond(payload, TEXT, true)
    }

    /// Lines that a client of the plain protocol has polled, of that number, or has opened a connection by.
    pub(in crate::transport) fn lines(
        &self,
        lines: Bytes,
        number: u64,
        initial: bool,
    ) -> HttpResponse {
        let mut response = self.respond(lines, NDJSON, initial);
        let headers = response.headers_mut();
        headers.insert(LAST, HeaderValue::from(number));
        // A page of another origin sees no other header than is named here.
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_name(LAST));
        response
    }

    /// The answer to a poll that nothing has come for.
    pub(in crate::transport) fn nothing(&self) -> HttpResponse {
        let mut response = HttpResponse::NoContent();
        self.add_headers(&mut response, false);
        response.finish()
    }

    /// An answer in JSON.
    pub(in crate::transport) fn json(&self, status: StatusCode, json: String) -> HttpResponse {
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, "application/json"));
        self.add_headers(&mut response, false);
        response.body(json)
    }

    /// An answer that goes on, with the headers that open a connection: of a type that nobody on the way is
    /// to keep, to hold back or to write otherwise.
    pub(in crate::transport) fn stream(
        &self,
        content_type: &'static str,
        body: impl MessageBody + 'static,
    ) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        self.add_headers(&mut response, true);
        response
            .insert_header((header::CONTENT_TYPE, content_type))
            .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
            .insert_header((header::CONTENT_ENCODING, "identity"))
            // nginx holds back what comes from behind it until it has some kilobytes.
            .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
            .body(body)
    }

    /// The answer to a POST that was received.
    pub(in crate::transport) fn received(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, "text/html"));
        self.add_headers(&mut response, false);
        response.body("ok")
    }

    /// The answer to a POST over the limit.
    pub(in crate::transport) fn too_large(&self) -> HttpResponse {
        let mut response = HttpResponse::PayloadTooLarge();
        self.origin.allow(&mut response);
        response.finish()
    }

    /// The answer to a request that ended its session.
    pub(in crate::transport) fn unacceptable(&self) -> HttpResponse {
        let mut response = HttpResponse::BadRequest();
        self.origin.allow(&mut response);
        response.finish()
    }

    /// The answer to a refused request.
    pub(in crate::transport) fn refused(&self, rejection: &Rejection) -> HttpResponse {
        rejection.respond(&self.origin, self.handshake.header("upgrade").is_some())
    }

    /// Adds the application's headers, and those by which a page may read the response.
    pub(in crate::transport) fn add_headers(
        &self,
        response: &mut HttpResponseBuilder,
        initial: bool,
    ) {
        self.origin.allow(response);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        let hooks = self.connections.hooks();
        let initial_headers = hooks.initial_headers.as_ref().filter(|_| initial);
        for make in initial_headers.into_iter().chain(&hooks.headers) {
            let made = contain(|| make(&self.handshake)).unwrap_or_else(|Panicked| {
                self.connections.counters().one(Count::HandlerPanics);
                tracing::error!("what makes headers panicked: a response goes without them");
                Vec::new()
            });
            for (name, value) in made {
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

    fn respond(&self, payload: Bytes, content_type: &'static str, initial: bool) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, content_type));
        self.add_headers(&mut response, initial);
        let long = self.connections.http().gzip_from.is_some_and(|from| payload.len() >= from);
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

/// What a request from elsewhere is told, which is what the reference says; whoever develops its page finds more in
/// the log.
fn elsewhere(request: &HttpRequest, error: RequestError) -> Rejection {
    if error != RequestError::Forbidden {
        return error.into();
    }
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    // What somebody far away presents as its origin may be a credential in the wrong place.
    let origin = origin.filter(|origin| is_near(origin)).unwrap_or("of another host");
    tracing::info!(
        origin,
        "a page of another origin is refused: `Builder::origins` says which may connect"
    );
    error.into()
}

/// Whether it is of this machine, as a development server is.
fn is_near(origin: &str) -> bool {
    let Some(("http" | "https", authority)) = origin.split_once("://") else { return false };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&host) && port.len() <= 5
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn only_what_is_of_this_machine_is_named_in_a_log() {
        for near in ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "http://localhost.example",
            "http://s3cr3t",
            "s3cr3t://localhost",
            "http://localhost:s3cr3t",
            "http://localhost:1234567",
            "null",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }
}

//! What an Engine.IO request asks for.
//!
//! It must never panic on what a client sends, nor keep anything of actix-web's: what leaves here
//! is plain data.

use actix_web::{
    HttpRequest,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use super::{origin::Origin, rejection::Rejection};
use crate::{auth::Handshake, outbox::TransportKind, wire::engine_io::RequestError};

/// The version of the Engine.IO protocol that is served.
const VERSION: &str = "4";

/// The parameters by which a request names its protocol, transport and session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Target {
    /// The transport that is asked for.
    pub(in crate::transport) transport: TransportKind,
    /// The session, unless this request is to open one.
    pub(in crate::transport) sid: Option<String>,
    /// Whether the protocol's version is the one that is served.
    supported: bool,
    /// Whether answers are to be scripts.
    jsonp: bool,
}

impl Target {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// [`RequestError::UnknownTransport`] if none, or an unknown one, is named.
    pub(in crate::transport) fn parse(handshake: &Handshake) -> Result<Self, RequestError> {
        let [mut transport, mut sid, mut version, mut jsonp] = [None; 4];
        for (name, value) in handshake.parameters().iter() {
            let asked = match name {
                "transport" => &mut transport,
                "sid" => &mut sid,
                "EIO" => &mut version,
                "j" => &mut jsonp,
                _ => continue,
            };
            asked.get_or_insert(value);
        }
        let transport = match transport {
            Some(name) if name == TransportKind::Polling.as_str() => TransportKind::Polling,
            Some(name) if name == TransportKind::WebSocket.as_str() => TransportKind::WebSocket,
            Some(_) | None => return Err(RequestError::UnknownTransport),
        };
        // An empty id is none, as on the reference server.
        let sid = sid.filter(|sid| !sid.is_empty()).map(ToOwned::to_owned);
        Ok(Self { transport, sid, supported: version == Some(VERSION), jsonp: jsonp.is_some() })
    }

    /// Whether its client polls by scripts, as browsers did that knew no other way to another host.
    pub(in crate::transport) fn wants_jsonp(&self) -> bool {
        self.jsonp && self.transport == TransportKind::Polling
    }

    /// Checks the protocol's version, with the error that fits a request with or without session.
    ///
    /// # Errors
    /// [`RequestError::UnsupportedVersion`] at a handshake, else [`RequestError::BadRequest`].
    pub(in crate::transport) fn check_version(&self) -> Result<(), RequestError> {
        match (self.supported, &self.sid) {
            (true, _) => Ok(()),
            (false, None) => Err(RequestError::UnsupportedVersion),
            (false, Some(_)) => Err(RequestError::BadRequest),
        }
    }
}

/// What is known of the client from its request.
///
/// A `bearer` that it presents elsewhere than in `Authorization` is there afterwards, unless something else
/// is.
///
/// # Errors
/// If its URL and headers have more than `longest` bytes.
pub(in crate::transport) fn handshake(
    request: &HttpRequest,
    origin: &Origin,
    longest: usize,
    bearer: Option<&str>,
) -> Result<Handshake, Rejection> {
    let sent = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    let url = request.uri().path_and_query().map_or("", |url| url.as_str());
    if url.len() + sent.sum::<usize>() > longest {
        let message = format!("the URL and the headers have more than {longest} bytes");
        let error = Rejection::from(RequestError::BadRequest).message(message);
        return Err(error.status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
    let headers = request
        .headers()
        .iter()
        .filter(|(name, value)| {
            !is_about_transport(name)
                && !is_ambient(name, value, origin)
                && !has_bearer(name, value)
        })
        .filter_map(|(name, value)| {
            Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
        });
    let has_authorization = request.headers().contains_key(header::AUTHORIZATION);
    let bearer = bearer.filter(|_| !has_authorization).map(|token| format!("Bearer {token}"));
    let added = bearer.as_deref().map(|bearer| ("authorization", bearer));
    let query = form_urlencoded::parse(request.query_string().as_bytes());
    let mut handshake = Handshake::new(url, headers.chain(added), query);
    handshake.address = request.peer_addr();
    handshake.secure = request.app_config().secure();
    handshake.cross_domain = !matches!(origin, Origin::None | Origin::Same(_));
    Ok(handshake)
}

/// Whether a header says nothing of the client, but how this one request is carried. What is left is
/// kept as long as the connection; whether a WebSocket was asked for is told by `upgrade`.
fn is_about_transport(name: &header::HeaderName) -> bool {
    const ABOUT_TRANSPORT: [header::HeaderName; 4] = [
        header::CONNECTION,
        header::SEC_WEBSOCKET_EXTENSIONS,
        header::SEC_WEBSOCKET_KEY,
        header::SEC_WEBSOCKET_VERSION,
    ];
    ABOUT_TRANSPORT.contains(name)
}

/// Whether a header is a credential that a browser adds by itself, on a request from a page that
/// is let in only because every page is.
fn is_ambient(name: &header::HeaderName, value: &HeaderValue, origin: &Origin) -> bool {
    matches!(origin, Origin::Any)
        && (*name == header::COOKIE || *name == header::AUTHORIZATION && is_browsers_own(value))
}

/// Whether a client presents a token in it, among the protocols that it offers: that is no place to keep it.
fn has_bearer(name: &header::HeaderName, value: &HeaderValue) -> bool {
    *name == header::SEC_WEBSOCKET_PROTOCOL
        && value.to_str().is_ok_and(|protocols| protocols.contains(BEARER))
}

/// What stands in front of a token among the protocols that a WebSocket's client offers: a page can say
/// nothing else with its handshake.
pub(in crate::transport) const BEARER: &str = "salon.bearer.";

/// The schemes of HTTP that a browser answers without the page, with what its user once typed in or
/// logged in with. Any other one somebody has set who knew the secret.
const BROWSERS_OWN: [&str; 4] = ["basic", "digest", "negotiate", "ntlm"];

/// Whether a browser adds it by itself, on whatever kind of request.
fn is_browsers_own(authorization: &HeaderValue) -> bool {
    let value = authorization.as_bytes().trim_ascii();
    let scheme = value.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    BROWSERS_OWN.iter().any(|own| scheme.eq_ignore_ascii_case(own.as_bytes()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn target(uri: &str) -> Result<Target, RequestError> {
        let request = TestRequest::with_uri(uri).to_http_request();
        Target::parse(&handshake(&request, &Origin::None, usize::MAX, None).unwrap())
    }

    #[test]
    fn a_session_a_transport_and_a_version_are_read() {
        let target = target("/x/?EIO=4&transport=polling&sid=a%2Bb").unwrap();
        assert_eq!(target.transport, TransportKind::Polling);
        assert_eq!(target.sid.as_deref(), Some("a+b"));
        assert_eq!(target.check_version(), Ok(()));
    }

    #[test]
    fn of_the_headers_those_are_kept_that_say_something_of_the_client() {
        let sent = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("user-agent", "test"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "token"),
            ("sec-websocket-extensions", "permessage-deflate"),
        ];
        let request = sent
            .iter()
            .fold(TestRequest::with_uri("/x/"), |request, header| request.insert_header(*header));
        let kept = handshake(&request.to_http_request(), &Origin::None, usize::MAX, None).unwrap();
        let mut names: Vec<_> = kept.headers().iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["sec-websocket-protocol", "upgrade", "user-agent"]);
    }

    #[test]
    fn a_missing_or_unknown_transport_is_refused() {
        for uri in ["/x/", "/x/?EIO=4", "/x/?transport=smoke", "/x/?transport", "/x/?%ff=%fe&&=&"] {
            assert_eq!(target(uri), Err(RequestError::UnknownTransport), "{uri}");
        }
    }

    #[test]
    fn a_wrong_version_is_another_error_with_a_session() {
        let opening = target("/x/?EIO=3&transport=websocket&sid=").unwrap();
        assert_eq!(opening.sid, None);
        assert_eq!(opening.check_version(), Err(RequestError::UnsupportedVersion));
        let later = target("/x/?transport=polling&sid=a").unwrap();
        assert_eq!(later.check_version(), Err(RequestError::BadRequest));
    }

    #[test]
    fn headers_and_query_that_are_not_utf_8_do_no_harm() {
        let request = TestRequest::with_uri("/x/?a=%ff&b=1")
            .insert_header(("x-plain", "yes"))
            .insert_header((
                header::HeaderName::from_static("x-bytes"),
                HeaderValue::from_bytes(b"\xff\xfe").unwrap(),
            ))
            .to_http_request();
        let handshake = handshake(&request, &Origin::None, usize::MAX, None).unwrap();
        assert_eq!(handshake.query("a"), Some("\u{fffd}"));
        assert_eq!(handshake.query("b"), Some("1"));
        assert_eq!(handshake.header("x-plain"), Some("yes"));
        assert_eq!(handshake.header("x-bytes"), None);
        assert_eq!(handshake.url(), "/x/?a=%ff&b=1");
    }

    #[test]
    fn ambient_credentials_are_dropped_when_any_origin_may_connect() {
        for upgrade in [None, Some((header::UPGRADE, "websocket"))] {
            let kept = |authorization: &str, origin: Origin| {
                let request = TestRequest::with_uri("/x/")
                    .insert_header((header::COOKIE, "session=1"))
                    .insert_header((header::AUTHORIZATION, authorization));
                let request = upgrade.clone().into_iter().fold(request, TestRequest::insert_header);
                let kept =
                    handshake(&request.to_http_request(), &origin, usize::MAX, None).unwrap();
                (kept.header("cookie").is_some(), kept.header("authorization").is_some())
            };
            for own in ["Bearer token", "Token token", "token", "Basics x"] {
                assert_eq!(kept(own, Origin::Any), (false, true), "{own} {upgrade:?}");
            }
            for ambient in ["Basic dTpw", "basic dTpw", "Digest a", "Negotiate a", "NTLM a", "NTLM"]
            {
                assert_eq!(kept(ambient, Origin::Any), (false, false), "{ambient} {upgrade:?}");
                for origin in [Origin::None, Origin::Same(String::new())] {
                    assert_eq!(kept(ambient, origin), (true, true), "{ambient} {upgrade:?}");
                }
            }
        }
    }

    #[test]
    fn a_head_of_more_bytes_than_may_be_kept_is_refused() {
        let request = |value: usize| {
            let value = "v".repeat(value);
            TestRequest::with_uri("/x/?a=b").insert_header(("x-a", value)).to_http_request()
        };
        let longest = "/x/?a=b".len() + "x-a".len() + 90;
        assert!(handshake(&request(90), &Origin::None, longest, None).is_ok());
        assert!(handshake(&request(91), &Origin::None, longest, None).is_err());
    }
}

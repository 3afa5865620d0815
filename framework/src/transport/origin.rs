//! Which page a request comes from, and whether it may connect.
//!
//! It must never trust that a browser asks first: a WebSocket is opened without a preflight, with
//! cookies, from any page. So every request is checked here.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, header, uri::Authority},
};

use crate::{connection::AllowedOrigins, wire::engine_io::RequestError};

/// The verdict on a request's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// There is none: the request does not come from a page of another host.
    None,
    /// A page of this host.
    Same(String),
    /// A page of a host that is listed.
    Listed(String),
    /// Some page; every page may connect, without credentials.
    Any,
}

impl Origin {
    /// Judges a request.
    ///
    /// # Errors
    /// [`RequestError::Forbidden`] if the origin may not connect, [`RequestError::BadRequest`] if
    /// the header is malformed.
    pub(super) fn judge(
        request: &HttpRequest,
        allowed: &AllowedOrigins,
    ) -> Result<Self, RequestError> {
        let mut origins = request.headers().get_all(header::ORIGIN);
        let Some(origin) = origins.next() else { return Ok(Self::None) };
        let (Ok(origin), None) = (origin.to_str(), origins.next()) else {
            return Err(RequestError::BadRequest);
        };
        if is_same(request, origin) {
            return Ok(Self::Same(origin.to_owned()));
        }
        match allowed {
            AllowedOrigins::Listed(listed) if listed.contains(origin) => {
                Ok(Self::Listed(origin.to_owned()))
            }
            AllowedOrigins::None | AllowedOrigins::Listed(_) => Err(RequestError::Forbidden),
            AllowedOrigins::Any => Ok(Self::Any),
        }
    }

    /// Adds the headers by which a browser lets the page read the response.
    pub(super) fn allow(&self, response: &mut HttpResponseBuilder) {
        match self {
            Self::None | Self::Same(_) => {}
            Self::Listed(origin) => {
                response
                    .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.as_str()))
                    .insert_header((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"))
                    .append_header((header::VARY, "Origin"));
            }
            Self::Any => {
                response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
            }
        }
    }

    /// Answers a browser that asks whether a page may send the request that it wants to.
    pub(super) fn preflight(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let headers = request.headers();
        if request.method() != Method::OPTIONS
            || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let mut response = HttpResponse::NoContent();
        self.allow(&mut response);
        response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"));
        if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            response
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone()))
                .append_header((header::VARY, "Access-Control-Request-Headers"));
        }
        Some(response.finish())
    }
}

/// Whether a page of `origin` is served by the host that the request asks.
fn is_same(request: &HttpRequest, origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    // Without TLS here a proxy may have ended it, so that either scheme can be the page's.
    if request.app_config().secure() && scheme != "https" {
        return false;
    }
    let asked = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has the host in the URI instead.
    let asked = asked.or_else(|| request.uri().authority().map(Authority::as_str));
    let normalize = |host: &str| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(default_port).map(ToOwned::to_owned).unwrap_or(host)
    };
    asked.is_some_and(|asked| normalize(asked) == normalize(authority))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::Origins;

    fn judge(origin: &str, host: &str, allowed: &Origins) -> Result<Origin, RequestError> {
        let request = TestRequest::default()
            .insert_header((header::ORIGIN, origin))
            .insert_header((header::HOST, host))
            .to_http_request();
        Origin::judge(&request, &AllowedOrigins::new(allowed).unwrap())
    }

    #[test]
    fn a_page_of_the_same_host_may_always_connect() {
        for (origin, host) in [
            ("http://example.com", "example.com"),
            ("https://Example.com", "example.COM"),
            ("http://example.com:80", "example.com"),
            ("https://example.com", "example.com:443"),
            ("http://localhost:3000", "localhost:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            let same = Ok(Origin::Same(origin.to_owned()));
            assert_eq!(judge(origin, host, &Origins::SameOrigin), same, "{origin}");
            assert_eq!(judge(origin, host, &Origins::Any), same, "{origin}");
        }
    }

    #[test]
    fn a_page_of_another_host_may_not() {
        for origin in [
            "http://evil.com",
            "http://example.com.evil.com",
            "http://example.com:8080",
            "http://evil.com/example.com",
            "http://user@example.com",
            "ftp://example.com",
            "example.com",
            "null",
            "",
        ] {
            let verdict = judge(origin, "example.com", &Origins::SameOrigin);
            assert_eq!(verdict, Err(RequestError::Forbidden), "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_may_with_credentials() {
        let listed = Origins::Listed(vec!["https://app.com".to_owned()]);
        let verdict = judge("https://app.com", "example.com", &listed).unwrap();
        assert_eq!(verdict, Origin::Listed("https://app.com".to_owned()));
        let mut response = HttpResponse::Ok();
        verdict.allow(&mut response);
        let response = response.finish();
        assert_eq!(
            response.headers().get("access-control-allow-origin").unwrap(),
            "https://app.com"
        );
        assert_eq!(response.headers().get("access-control-allow-credentials").unwrap(), "true");
        assert_eq!(judge("http://app.com", "example.com", &listed), Err(RequestError::Forbidden));
    }

    #[test]
    fn below_a_listed_origin_whole_labels_may() {
        let listed = Origins::Listed(vec!["https://*.app.com".to_owned()]);
        for origin in ["https://a.app.com", "https://a.b.app.com", "https://a.app.com:443"] {
            let verdict = judge(origin, "example.com", &listed);
            assert_eq!(verdict, Ok(Origin::Listed(origin.to_owned())), "{origin}");
        }
        for origin in [
            "https://app.com",
            "https://notapp.com",
            "https://a.notapp.com",
            "https://a.app.com.evil.com",
            "https://a.app.com:8443",
            "http://a.app.com",
            "https://*.app.com",
            "https://.app.com",
            "null",
            "",
        ] {
            let verdict = judge(origin, "example.com", &listed);
            assert_eq!(verdict, Err(RequestError::Forbidden), "{origin}");
        }
        let same = judge("http://example.com", "example.com", &listed);
        assert_eq!(same, Ok(Origin::Same("http://example.com".to_owned())), "as always");
    }

    #[test]
    fn any_origin_may_without_credentials() {
        let verdict = judge("https://app.com", "example.com", &Origins::Any).unwrap();
        assert_eq!(verdict, Origin::Any);
        let mut response = HttpResponse::Ok();
        verdict.allow(&mut response);
        let response = response.finish();
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*");
        assert_eq!(response.headers().get("access-control-allow-credentials"), None);
    }

    #[test]
    fn no_origin_is_no_browser_and_two_are_nonsense() {
        let none = TestRequest::default().to_http_request();
        assert_eq!(Origin::judge(&none, &AllowedOrigins::None), Ok(Origin::None));
        let two = TestRequest::default()
            .append_header((header::ORIGIN, "http://a.com"))
            .append_header((header::ORIGIN, "http://b.com"))
            .to_http_request();
        assert_eq!(Origin::judge(&two, &AllowedOrigins::Any), Err(RequestError::BadRequest));
    }
}

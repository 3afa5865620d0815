//! Which page a request comes from, and whether it may connect.
//!
//! It must never trust that a browser asks first: a WebSocket is opened without a preflight, with
//! cookies, from any page. So every request is checked here.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, header, header::HeaderName, uri::Authority},
};

use crate::{app::AllowedOrigins, wire::engine_io::RequestError};

/// In which a browser says how far the page is from the server, also on requests without `Origin`:
/// those for an image, say, or by a `fetch` whose answer its page is not to read.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What it says of requests that no other page has made.
const OWN_SITES: [&[u8]; 2] = [b"same-origin", b"none"];

/// What is decided about a request's origin.
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
        let mut outcome = Self::None;
        for line in request.headers().get_all(header::ORIGIN) {
            let line = line.to_str().map_err(|_| RequestError::BadRequest)?;
            // Whoever passes a request on may write several lines as one, and no origin has a comma.
            for origin in line.split(',') {
                outcome = outcome.and(Self::judge_one(request, origin.trim(), allowed)?);
            }
        }
        match (&outcome, allowed) {
            (Self::None, AllowedOrigins::Any) if is_foreign(request) => Ok(Self::Any),
            (Self::None, _) if is_foreign(request) => Err(RequestError::Forbidden),
            _ => Ok(outcome),
        }
    }

    fn judge_one(
        request: &HttpRequest,
        origin: &str,
        allowed: &AllowedOrigins,
    ) -> Result<Self, RequestError> {
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

    /// Of two origins of one request the one that is trusted less; some clients' libraries and their
    /// apps name one each.
    fn and(self, other: Self) -> Self {
        let distance = |origin: &Self| match origin {
            Self::None => 0,
            Self::Same(_) => 1,
            Self::Listed(_) => 2,
            Self::Any => 3,
        };
        if distance(&other) > distance(&self) { other } else { self }
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

/// Whether a browser says that another site's page has made the request.
fn is_foreign(request: &HttpRequest) -> bool {
    let mut sites = request.headers().get_all(SEC_FETCH_SITE);
    sites.any(|site| !OWN_SITES.contains(&site.as_bytes().trim_ascii()))
}

/// Whether a page of `origin` is served by the host that the request asks. Some clients that are no
/// browsers name the scheme that they connect with.
fn is_same(request: &HttpRequest, origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let (is_secure, default_port) = match scheme {
        "http" | "ws" => (false, ":80"),
        "https" | "wss" => (true, ":443"),
        _ => return false,
    };
    // Without TLS here a proxy may have ended it, so that either scheme can be the page's.
    if request.app_config().secure() && !is_secure {
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
    use crate::base::config::Origins;

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
            ("ws://example.com", "example.com"),
            ("ws://example.com:80", "example.com"),
            ("ws://example.com:3000", "example.com:3000"),
            ("wss://example.com", "example.com:443"),
            ("wss://example.com:443", "example.com"),
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
            "ws://evil.com",
            "wss://example.com.evil.com",
            "wss://example.com:80",
            "file://",
            "example.com",
            "null",
            "",
        ] {
            let outcome = judge(origin, "example.com", &Origins::SameOrigin);
            assert_eq!(outcome, Err(RequestError::Forbidden), "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_may_with_credentials() {
        let listed = Origins::Listed(vec!["https://app.com".to_owned()]);
        let outcome = judge("https://app.com", "example.com", &listed).unwrap();
        assert_eq!(outcome, Origin::Listed("https://app.com".to_owned()));
        let mut response = HttpResponse::Ok();
        outcome.allow(&mut response);
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
            let outcome = judge(origin, "example.com", &listed);
            assert_eq!(outcome, Ok(Origin::Listed(origin.to_owned())), "{origin}");
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
            let outcome = judge(origin, "example.com", &listed);
            assert_eq!(outcome, Err(RequestError::Forbidden), "{origin}");
        }
        let same = judge("http://example.com", "example.com", &listed);
        assert_eq!(same, Ok(Origin::Same("http://example.com".to_owned())), "as always");
    }

    #[test]
    fn any_origin_may_without_credentials() {
        let outcome = judge("https://app.com", "example.com", &Origins::Any).unwrap();
        assert_eq!(outcome, Origin::Any);
        let mut response = HttpResponse::Ok();
        outcome.allow(&mut response);
        let response = response.finish();
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*");
        assert_eq!(response.headers().get("access-control-allow-credentials"), None);
    }

    fn judge_all(headers: &[(&str, &str)], allowed: &Origins) -> Result<Origin, RequestError> {
        let request = TestRequest::default().insert_header((header::HOST, "example.com"));
        let request =
            headers.iter().fold(request, |request, header| request.append_header(*header));
        Origin::judge(&request.to_http_request(), &AllowedOrigins::new(allowed).unwrap())
    }

    #[test]
    fn every_one_of_several_origins_must_be_allowed_and_the_least_trusted_one_counts() {
        let listed = Origins::Listed(vec!["https://app.com".to_owned()]);
        let (same, app, evil) = ("http://example.com", "https://app.com", "https://evil.com");
        let is_same = || Ok(Origin::Same(same.to_owned()));
        let is_listed = || Ok(Origin::Listed(app.to_owned()));
        let forbidden = || Err(RequestError::Forbidden);
        for (origins, allowed, outcome) in [
            ([same, same], &Origins::SameOrigin, is_same()),
            ([same, app], &Origins::SameOrigin, forbidden()),
            ([app, same], &Origins::SameOrigin, forbidden()),
            ([same, app], &listed, is_listed()),
            ([app, same], &listed, is_listed()),
            ([app, evil], &listed, forbidden()),
            ([evil, app], &listed, forbidden()),
            ([same, "null"], &listed, forbidden()),
            ([same, ""], &listed, forbidden()),
            ([same, same], &Origins::Any, is_same()),
            ([same, evil], &Origins::Any, Ok(Origin::Any)),
            ([evil, same], &Origins::Any, Ok(Origin::Any)),
            ([app, evil], &Origins::Any, Ok(Origin::Any)),
        ] {
            let lines = origins.map(|origin| ("origin", origin));
            assert_eq!(judge_all(&lines, allowed), outcome, "{origins:?}");
            let line = origins.join(", ");
            assert_eq!(judge_all(&[("origin", &line)], allowed), outcome, "{line}");
        }
    }

    #[test]
    fn without_an_origin_a_browser_says_whether_another_site_has_asked() {
        let listed = Origins::Listed(vec!["https://app.com".to_owned()]);
        let all = [Origins::SameOrigin, listed, Origins::Any];
        for allowed in &all {
            assert_eq!(judge_all(&[], allowed), Ok(Origin::None), "no browser, or an old one");
            for site in ["same-origin", "none"] {
                let outcome = judge_all(&[("sec-fetch-site", site)], allowed);
                assert_eq!(outcome, Ok(Origin::None), "{site}");
            }
            for sites in [&["cross-site"][..], &["same-site"], &["none", "cross-site"], &[""]] {
                let headers: Vec<_> = sites.iter().map(|site| ("sec-fetch-site", *site)).collect();
                let wanted = match allowed {
                    Origins::Any => Ok(Origin::Any),
                    _ => Err(RequestError::Forbidden),
                };
                assert_eq!(judge_all(&headers, allowed), wanted, "{sites:?}");
            }
        }
        let page = [("origin", "https://app.com"), ("sec-fetch-site", "cross-site")];
        let listed = Ok(Origin::Listed("https://app.com".to_owned()));
        assert_eq!(judge_all(&page, &all[1]), listed, "an origin says more");
    }
}

//! Where a client may present its token.
//!
//! It must never look into the query string, or a cookie, that the configuration does not name.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::token_error::TokenError;
use crate::auth::{Credentials, Handshake};

/// Where a token may come from, beside `auth.token` and `Authorization: Bearer`.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The name of a cookie.
    pub(super) cookie: Option<String>,
    /// The name of a parameter of the query string.
    pub(super) query: Option<String>,
}

/// What a Socket.IO client gives as `auth`.
#[derive(Deserialize)]
struct Presented {
    #[serde(default)]
    token: Option<Value>,
}

impl Sources {
    /// The token, from the first place that has one: `auth.token`, `Authorization: Bearer`, the
    /// cookie, the query. A bad token in one of them is not made up for by another.
    pub(super) fn token<'a>(
        &self,
        credentials: &'a Credentials,
    ) -> Result<Cow<'a, str>, TokenError> {
        let presented: Option<Presented> =
            credentials.auth().map_err(|_| TokenError::Presentation)?;
        match presented.and_then(|presented| presented.token) {
            Some(Value::String(token)) => return Ok(token.into()),
            Some(_) => return Err(TokenError::Presentation),
            None => {}
        }
        let handshake = credentials.handshake();
        if let Some(token) = bearer(handshake) {
            return Ok(token.into());
        }
        if let Some(name) = &self.cookie
            && let Some(token) = cookie(handshake, name)?
        {
            return Ok(token.into());
        }
        let parameter = self.query.as_ref().and_then(|name| handshake.query(name));
        parameter.map(Cow::from).ok_or(TokenError::Missing)
    }
}

impl Sources {
    /// Whether a request has something in one of these places, be it good or bad.
    pub(super) fn are_used(&self, handshake: &Handshake) -> bool {
        let in_cookie = |name: &String| !matches!(cookie(handshake, name), Ok(None));
        bearer(handshake).is_some()
            || self.cookie.as_ref().is_some_and(in_cookie)
            || self.query.as_ref().is_some_and(|name| handshake.query(name).is_some())
    }
}

/// RFC 6750, section 2.1. Another scheme may be a proxy's, and is none of our business.
fn bearer(handshake: &Handshake) -> Option<&str> {
    let (scheme, token) = handshake.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// The cookie of that name (RFC 6265, section 5.4). If there are two, one may have been planted by
/// a neighbouring host, and nobody can tell which.
fn cookie<'a>(handshake: &'a Handshake, name: &str) -> Result<Option<&'a str>, TokenError> {
    // Over HTTP/2 a browser may send a header for each cookie.
    let headers = handshake.headers().iter().filter(|(header, _)| *header == "cookie");
    let pairs = headers.flat_map(|(_, cookies)| cookies.split(';'));
    let mut found = pairs.filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| unquoted(value))
    });
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(TokenError::TwoCookies),
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

//! The claims that the framework understands (RFC 7519, section 4.1).
//!
//! It must never guess: a claim of another type than it should have is refused, not converted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Claims, token_error::TokenError};
use crate::auth::Permissions;

/// The end of the year 9999. Whoever gives a later moment has given milliseconds.
const LAST_SECOND: u64 = 253_402_300_799;

/// The claims that the framework understands. `iat` decides nothing about validity: it tells a token
/// that was issued before a revocation from one that came after.
pub(super) struct Registered<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) token_id: Option<&'a str>,
    pub(super) expires: SystemTime,
    pub(super) permissions: Permissions,
    pub(super) issued: Option<SystemTime>,
    audience: Vec<&'a str>,
    not_before: Option<SystemTime>,
}

impl<'a> Registered<'a> {
    /// Reads them out of all claims.
    pub(super) fn read(claims: &'a Claims) -> Result<Self, TokenError> {
        Ok(Self {
            issuer: text(claims, "iss")?,
            subject: text(claims, "sub")?,
            token_id: text(claims, "jti")?,
            expires: moment(claims, "exp")?.ok_or(TokenError::NoExpiry)?,
            permissions: permissions(claims)?,
            issued: issued(claims),
            audience: audience(claims)?,
            not_before: moment(claims, "nbf")?,
        })
    }

    /// Checks that the token is valid now. `exp` itself is too late, `nbf` itself is not too early.
    pub(super) fn check_time(&self, now: SystemTime, leeway: Duration) -> Result<(), TokenError> {
        if now >= self.until(leeway) {
            return Err(TokenError::Expired);
        }
        let not_before = self.not_before.unwrap_or(UNIX_EPOCH);
        if now < not_before.checked_sub(leeway).unwrap_or(UNIX_EPOCH) {
            return Err(TokenError::TooEarly);
        }
        Ok(())
    }

    /// When the token lapses.
    pub(super) fn until(&self, leeway: Duration) -> SystemTime {
        self.expires.checked_add(leeway).unwrap_or(self.expires)
    }

    /// Whether it is meant for one of these.
    pub(super) fn is_for(&self, audiences: &[String]) -> bool {
        audiences.iter().any(|wanted| self.audience.contains(&wanted.as_str()))
    }
}

/// A claim, if there is one; `null` is none.
fn value<'a>(claims: &'a Claims, claim: &str) -> Option<&'a Value> {
    claims.value(claim).filter(|value| !value.is_null())
}

fn text<'a>(claims: &'a Claims, claim: &'static str) -> Result<Option<&'a str>, TokenError> {
    let as_text =
        |value: &'a Value| value.as_str().ok_or(TokenError::WrongType { claim, wanted: "a text" });
    value(claims, claim).map(as_text).transpose()
}

/// Whole seconds since 1970. The RFC allows fractions; nobody needs them, and what is rounded
/// somewhere is valid for longer than it says.
fn moment(claims: &Claims, claim: &'static str) -> Result<Option<SystemTime>, TokenError> {
    let wanted = "a whole number of seconds since 1970, before the year 10000";
    let as_moment = |value: &Value| {
        let seconds = value.as_u64().filter(|seconds| *seconds <= LAST_SECOND);
        seconds
            .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
            .ok_or(TokenError::WrongType { claim, wanted })
    };
    claims.value(claim).map(as_moment).transpose()
}

/// When the token was issued, to the second. Some write it with a fraction, which is no reason to
/// refuse them.
fn issued(claims: &Claims) -> Option<SystemTime> {
    let seconds = value(claims, "iat")?.as_f64()?;
    if !(0.0..=LAST_SECOND as f64).contains(&seconds) {
        return None;
    }
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds as u64))
}

/// One text, or a list of texts.
fn texts<'a>(value: &'a Value, claim: &'static str) -> Result<Vec<&'a str>, TokenError> {
    let list = match value {
        Value::String(one) => Some(vec![one.as_str()]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    };
    list.ok_or(TokenError::WrongType { claim, wanted: "a text or a list of texts" })
}

fn audience(claims: &Claims) -> Result<Vec<&str>, TokenError> {
    value(claims, "aud").map_or(Ok(Vec::new()), |audience| texts(audience, "aud"))
}

/// `permissions`, or `scope` where there are none.
fn permissions(claims: &Claims) -> Result<Permissions, TokenError> {
    for claim in ["permissions", "scope"] {
        if let Some(value) = value(claims, claim) {
            return Ok(match value.as_str() {
                Some(patterns) => patterns.parse()?,
                None => Permissions::new(texts(value, claim)?)?,
            });
        }
    }
    Ok(Permissions::none())
}

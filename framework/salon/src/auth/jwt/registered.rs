//! The claims that the framework understands (RFC 7519, section 4.1).
//!
//! It must never guess: a claim of another type than it should have is refused, not converted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Claims, token_error::TokenError};
use crate::auth::Permissions;

/// The end of the year 9999. Whoever gives a later moment has given milliseconds.
const LAST_SECOND: u64 = 253_402_300_799;

/// The claims that the framework understands. `iat` decides nothing about validity, but that it must be
/// a moment: it tells a token that was issued before a revocation from one that came after.
pub(super) struct Registered<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) token_id: Option<&'a str>,
    pub(super) expires: SystemTime,
    pub(super) permissions: Permissions,
    issued: Option<SystemTime>,
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
            expires: moment(claims, "exp", f64::floor)?.ok_or(TokenError::NoExpiry)?,
            permissions: permissions(claims)?,
            issued: moment(claims, "iat", f64::floor)?,
            audience: audience(claims)?,
            not_before: moment(claims, "nbf", f64::ceil)?,
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

    /// When it may have been issued at the earliest, by this server's clock: that of its issuer may be
    /// ahead by as much as the leeway.
    pub(super) fn issued(&self, leeway: Duration) -> Option<SystemTime> {
        self.issued.map(|issued| issued.checked_sub(leeway).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH))
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

/// A number of seconds since 1970 (RFC 7519, section 2: NumericDate). One with a fraction is taken as
/// the whole second to which it is `rounded`: so that a token is never valid for longer than it says.
fn moment(
    claims: &Claims,
    claim: &'static str,
    rounded: fn(f64) -> f64,
) -> Result<Option<SystemTime>, TokenError> {
    let wanted = "a number of seconds since 1970, before the year 10000";
    let as_moment = |value: &Value| {
        let seconds = value.as_u64().or_else(|| {
            let seconds =
                rounded(value.as_f64().filter(|it| it.is_finite() && it.is_sign_positive())?);
            // No larger one is exact, and none is a moment.
            (seconds <= LAST_SECOND as f64).then_some(seconds as u64)
        });
        seconds
            .filter(|seconds| *seconds <= LAST_SECOND)
            .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
            .ok_or(TokenError::WrongType { claim, wanted })
    };
    claims.value(claim).map(as_moment).transpose()
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

//! The steps from what a client presents to who it is.
//!
//! It must never read a claim before a key in use has verified the signature.

use std::{any::type_name, iter::Peekable, sync::Arc};

use bytestring::ByteString;
use serde::de::DeserializeOwned;

use super::{
    Jwt, claims::Listed, keys::KnownKey, registered::Registered, token::Token,
    token_error::TokenError,
};
use crate::{
    auth::{Authenticated, Credentials},
    base::{clock, excerpt::excerpt},
};

impl<I: DeserializeOwned> Jwt<I> {
    /// What the credentials have a token for.
    pub(super) fn check(&self, credentials: &Credentials) -> Result<Authenticated<I>, TokenError> {
        let now = clock::wall();
        let token = self.sources.token(credentials)?;
        let token = Token::parse(&token, self.max_token_bytes)?;
        let held = self.keys.find(token.kid.as_deref(), now);
        if held.is_empty() {
            return Err(TokenError::UnknownKey { kid: token.kid.as_deref().map(excerpt) });
        }
        let mut signers = signers(&held, &token)?;
        let listed: Listed =
            serde_json::from_slice(&token.claims()?).map_err(|_| TokenError::Claims)?;
        if let Some(name) = listed.duplicate {
            return Err(TokenError::Duplicate(name));
        }
        let claims = listed.claims;
        let registered = Registered::read(&claims)?;
        let issuer = registered.issuer;
        let bound =
            signers.peek().and_then(|held| held.key.issuer()).map_or(String::new(), excerpt);
        let Some(signer) = signers.find(|held| is_issued_by(held, issuer)) else {
            return Err(TokenError::KeyIssuer { found: issuer.map(excerpt), wanted: bound });
        };
        registered.check_time(now, self.leeway)?;
        if !self.issuers.is_empty()
            && !issuer.is_some_and(|issuer| self.issuers.iter().any(|wanted| wanted == issuer))
        {
            return Err(TokenError::Issuer { found: issuer.map(excerpt) });
        }
        if !self.audiences.is_empty() && !registered.is_for(&self.audiences) {
            return Err(TokenError::Audience);
        }
        let subject = match &self.subject_of {
            Some(subject_of) => subject_of(&claims).map(ByteString::from),
            None => registered.subject.map(ByteString::from),
        };
        let token_id = registered.token_id.map(ByteString::from);
        let until = registered.until(self.leeway);
        let issued = registered.issued(self.leeway);
        let permissions = registered.permissions;
        let identity = serde_json::from_value(claims.into_value())
            .map_err(|_| TokenError::Identity(type_name::<I>()))?;
        let mut authenticated = Authenticated::new(identity)
            .until(until)
            .permissions(permissions)
            .lease(signer.lease());
        if let Some(subject) = subject {
            authenticated = authenticated.subject(subject);
        }
        if let Some(issued) = issued {
            authenticated = authenticated.issued(issued);
        }
        if let Some(token_id) = token_id {
            authenticated = authenticated.token_id(token_id);
        }
        Ok(authenticated)
    }
}

/// The keys that the token was signed with: one at least.
fn signers<'a>(
    held: &'a [Arc<KnownKey>],
    token: &'a Token<'a>,
) -> Result<Peekable<impl Iterator<Item = &'a KnownKey>>, TokenError> {
    let same = |held: &&KnownKey| held.key.algorithm().name() == token.algorithm;
    let held = || held.iter().map(AsRef::as_ref);
    if !held().any(|held| same(&held)) {
        let wanted = held().next().map_or("none", |held| held.key.algorithm().name());
        return Err(TokenError::Algorithm { found: excerpt(&token.algorithm), wanted });
    }
    let signed = |held: &&KnownKey| held.key.verifies(token.message, &token.signature);
    let mut signers = held().filter(same).filter(signed).peekable();
    if signers.peek().is_none() {
        return Err(TokenError::Signature);
    }
    Ok(signers)
}

/// Whether the key may speak for that issuer.
fn is_issued_by(held: &KnownKey, issuer: Option<&str>) -> bool {
    held.key.issuer().is_none_or(|bound| issuer == Some(bound))
}

//! What a token must be like, and that a client cannot tell what is wrong with one.
//!
//! Bad tokens are made by hand, since no library would make them.

mod contents;
mod log;
mod shapes;
mod signatures;

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytestring::ByteString;
use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Claims, Jwt, Key, KeyError, Keys, key::backend, token_error::TokenError};
use crate::{
    auth::{Authenticated, Authenticator, Credentials, Handshake, Permissions, PermissionsError},
    base::{clock, refusal::Refusal},
};

const RSA: &[u8] = include_bytes!("../../../../tests/keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("../../../../tests/keys/rsa.pub.pem");
const RSA_SHORT: &[u8] = include_bytes!("../../../../tests/keys/rsa1024.pub.pem");
const RSA_A_BIT_SHORT: &[u8] = include_bytes!("../../../../tests/keys/rsa2047.pub.pem");
const P256: &[u8] = include_bytes!("../../../../tests/keys/p256.pem");
const P256_PUBLIC: &[u8] = include_bytes!("../../../../tests/keys/p256.pub.pem");
const P384_PUBLIC: &[u8] = include_bytes!("../../../../tests/keys/p384.pub.pem");
const ED25519: &[u8] = include_bytes!("../../../../tests/keys/ed25519.pem");
const ED25519_PUBLIC: &[u8] = include_bytes!("../../../../tests/keys/ed25519.pub.pem");
const SECRET: [u8; 64] = [7; 64];
const OTHER: [u8; 64] = [8; 64];

#[derive(Debug, Deserialize, PartialEq)]
struct Player {
    name: String,
}

fn handshake(headers: &[(&str, &str)], query: &[(&str, &str)]) -> Arc<Handshake> {
    Arc::new(Handshake::new("/socket.io/", headers.iter().copied(), query.iter().copied()))
}

fn credentials(
    auth: Option<Value>,
    headers: &[(&str, &str)],
    query: &[(&str, &str)],
) -> Credentials {
    let auth = auth.map(|auth| ByteString::from(auth.to_string()));
    Credentials::new(
        handshake(headers, query),
        ByteString::from_static("/"),
        auth,
        crate::base::meter::Tally::NONE,
    )
}

fn presenting(token: &str) -> Credentials {
    credentials(Some(json!({ "token": token })), &[], &[])
}

/// Checks it as an authenticator does, and holds what a client is told to be always the same.
fn check<I>(jwt: &Jwt<I>, credentials: &Credentials) -> Result<Authenticated<I>, TokenError>
where
    I: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let answer = jwt.authenticate(credentials.clone()).now_or_never().unwrap();
    let checked = jwt.check(credentials);
    assert_eq!(answer.is_ok(), checked.is_ok());
    if let Err(refusal) = answer {
        assert_eq!(refusal, Refusal::unauthorized("a valid token is required"));
    }
    checked
}

fn error<I>(jwt: &Jwt<I>, token: &str) -> TokenError
where
    I: serde::de::DeserializeOwned + Send + Sync + 'static,
{
    check(jwt, &presenting(token)).expect_err("a bad token")
}

fn now() -> u64 {
    clock::wall().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// The signature of a message: not by `crypto::sign`, for the reason that `Key` has not to verify by it.
fn signature_of(message: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let signer = (backend::DEFAULT_PROVIDER.signer_factory)(&algorithm, key).unwrap();
    encode(signer.try_sign(message.as_bytes()).unwrap())
}

/// Signs whatever it is given.
fn signed(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = signature_of(&message, key, algorithm);
    format!("{message}.{signature}")
}

fn hs256(header: &str, claims: &str) -> String {
    signed(header, claims, &EncodingKey::from_secret(&SECRET), Algorithm::HS256)
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Claims that are good, but for those given.
fn claims(changes: Value) -> String {
    let mut claims = json!({ "name": "Ada", "exp": now() + 60 });
    let Value::Object(changes) = changes else { panic!("claims are an object") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims.to_string()
}

fn good() -> String {
    claims(json!({}))
}

fn jwt() -> Jwt<Player> {
    Jwt::hs256(SECRET).unwrap()
}

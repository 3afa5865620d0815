//! Tokens over real sockets: who is let in, and what those who are not learn.

use std::time::{Duration, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use salon::{
    BuildError, Namespace, Salon,
    auth::{
        Jwt,
        jwt::{Claims, Key, KeyError, Keys},
    },
    config::Origins,
    prelude::*,
};
use salon_tests::{
    Result,
    in_process::InProcess,
    socket_io::{Client, Packet},
    websocket::{Incoming, WebSocket},
};
use serde_json::{Value, json};

const SECRET: [u8; 32] = [7; 32];
const STAFF_SECRET: [u8; 32] = [8; 32];

#[derive(Deserialize)]
struct Player {
    name: String,
}

fn in_an_hour() -> u64 {
    jsonwebtoken::get_current_timestamp() + 3600
}

fn token(secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&Header::default(), claims, &key).expect("a token")
}

fn ada() -> Value {
    json!({ "name": "Ada", "sub": "user-7", "exp": in_an_hour(), "scope": "lobby:*:play" })
}

/// Players at `/`, staff at `/staff`, everybody at `/open`.
fn salon() -> std::result::Result<Salon, KeyError> {
    let who = |socket: &salon::Socket| {
        let subject = socket.subject().map(|subject| subject.to_string());
        let expires = socket.expires().and_then(|until| until.duration_since(UNIX_EPOCH).ok());
        let name = socket.identity::<Player>().map(|player| player.name.clone());
        let play = socket.permissions().allows("play", Some("lobby:7"));
        json!([name, subject, expires.as_ref().map(Duration::as_secs), play])
    };
    let staff = Namespace::new("/staff").authenticate(Jwt::<Claims>::hs256(STAFF_SECRET)?);
    let builder = Salon::builder()
        .authenticate(Jwt::<Player>::hs256(SECRET)?)
        .on("who", move |socket, event| {
            let _ = event.acknowledge((who(socket),));
        })
        .namespace(staff)
        .namespace(Namespace::new("/open"));
    Ok(builder.build().expect("a Salon"))
}

#[tokio::test]
async fn a_session_knows_what_its_token_says() -> Result<()> {
    let server = InProcess::start(&salon()?, 1)?;
    let claims = ada();
    let auth = json!({ "token": token(&SECRET, &claims) });
    let mut client = Client::connect(server.address(), auth).await?;
    let known = client.ask("who", json!(null)).await?;
    assert_eq!(known, [json!(["Ada", "user-7", claims["exp"], true])]);
    Ok(())
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_client_learns_the_same() -> Result<()> {
    let server = InProcess::start(&salon()?, 1)?;
    let mut client = Client::open(server.address()).await?;
    let changed = |name: &str, value: Value| {
        let mut claims = ada();
        claims[name] = value;
        token(&SECRET, &claims)
    };
    let good = token(&SECRET, &ada());
    for auth in [
        json!({}),
        json!({ "token": null }),
        json!({ "token": 7 }),
        json!({ "token": "" }),
        json!({ "token": "x".repeat(64 * 1024) }),
        json!({ "token": good[..good.len() - 5] }),
        json!({ "token": token(&STAFF_SECRET, &ada()) }),
        json!({ "token": changed("exp", json!(1)) }),
        json!({ "token": changed("exp", json!("tomorrow")) }),
        json!({ "token": changed("nbf", json!(in_an_hour())) }),
        json!({ "token": changed("name", json!(7)) }),
    ] {
        client.send(&format!("40{auth}")).await?;
        let refused = json!({
            "message": "a valid token is required",
            "data": { "code": "unauthorized" },
        });
        assert_eq!(client.next().await?, Packet::Refused(refused));
    }
    client.send(&format!("40{}", json!({ "token": good }))).await?;
    assert!(matches!(client.next().await?, Packet::Connected(_)));
    Ok(())
}

#[tokio::test]
async fn namespaces_differ_in_whom_they_let_in() -> Result<()> {
    let server = InProcess::start(&salon()?, 1)?;
    let target = "/socket.io/?EIO=4&transport=websocket";
    let mut socket = WebSocket::open(server.address(), target).await?;
    assert!(matches!(socket.receive().await?, Incoming::Text(open) if open.starts_with('0')));
    let player = json!({ "token": token(&SECRET, &ada()) });
    let staff = json!({ "token": token(&STAFF_SECRET, &json!({ "exp": in_an_hour() })) });
    for (namespace, auth, answer) in [
        ("/open", json!({}), "40/open,"),
        ("/staff", player, "44/staff,"),
        ("/staff", staff, "40/staff,"),
    ] {
        socket.send(&format!("40{namespace},{auth}")).await?;
        match socket.receive().await? {
            Incoming::Text(text) => assert!(text.starts_with(answer), "{text}"),
            other => panic!("no answer: {other:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_identity_ends_with_the_key_that_let_it_in() -> Result<()> {
    let keys = Keys::from(Key::hs256(SECRET)?);
    let salon = Salon::builder()
        .authenticate(Jwt::<Claims>::with_keys(keys.clone()))
        .on("expires", |socket, event| {
            let expires = socket.expires().and_then(|until| until.duration_since(UNIX_EPOCH).ok());
            let _ = event.acknowledge((expires.as_ref().map(Duration::as_secs),));
        })
        .build()?;
    let server = InProcess::start(&salon, 1)?;
    let claims = ada();
    let auth = json!({ "token": token(&SECRET, &claims) });
    let mut client = Client::connect(server.address(), auth.clone()).await?;
    assert_eq!(client.ask("expires", json!(null)).await?, [claims["exp"].clone()]);
    keys.rotate("next", Key::hs256(STAFF_SECRET)?, Duration::from_secs(60));
    let sooner = client.ask("expires", json!(null)).await?;
    assert!(sooner[0].as_u64() < claims["exp"].as_u64(), "{sooner:?}");
    // A token of the old key is good until then.
    Client::connect(server.address(), auth).await?;
    Ok(())
}

#[test]
fn a_cookie_is_not_read_while_any_origin_may_connect() -> Result<()> {
    let tokens = || Jwt::<Claims>::hs256(SECRET);
    let build = |tokens, origins| {
        let staff = Namespace::new("/staff").authenticate(tokens);
        Salon::builder().namespace(staff).origins(origins).build()
    };
    let error = build(tokens()?.cookie("token"), Origins::Any).expect_err("any page may connect");
    let namespace = "/staff".to_owned();
    assert_eq!(error, BuildError::CookieFromAnyOrigin { namespace });
    assert!(error.to_string().contains("Origins::Listed"), "{error}");
    assert!(build(tokens()?.cookie("token"), Origins::SameOrigin).is_ok());
    assert!(build(tokens()?.query("token"), Origins::Any).is_ok());
    Ok(())
}

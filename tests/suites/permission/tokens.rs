//! Tokens: who is let in, for how long, and what those who are not let in learn.
//!
//! It must never mint a token by another clock than the lab's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use salon::{
    Code, Namespace, Salon,
    auth::{
        Jwt,
        jwt::{Claims, Key, KeyError, Keys},
    },
    config::Origins,
    prelude::*,
    testing::{Client, ConnectError, Failure, Lab, Visitor, Wire},
};
use serde_json::{Value, json};

use crate::heard::{NOON, at_noon, next_text, text};

const SECRET: [u8; 32] = [7; 32];
const STAFF_SECRET: [u8; 32] = [8; 32];

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

#[derive(Deserialize)]
struct Player {
    name: String,
}

/// What a client learns that presents no token that is good, whatever is wrong.
fn refused() -> Refusal {
    let refusal = Refusal::unauthorized("a valid token is required");
    refusal.with_data(json!({ "code": "unauthorized" }))
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn token(secret: &[u8], claims: &Value) -> String {
    token_by(None, secret, claims)
}

/// A token by the key of that name.
fn token_by(kid: Option<&str>, secret: &[u8], claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::default() };
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&header, claims, &key).expect("a token")
}

fn auth(token: &str) -> Value {
    json!({ "token": token })
}

/// Claims that are good for an hour.
fn ada(lab: &Lab) -> Value {
    let exp = seconds(lab.wall()) + 3600;
    json!({ "name": "Ada", "sub": "user-7", "exp": exp, "scope": "lobby:*:play" })
}

/// Players at `/`, staff at `/staff`, everybody at `/open`.
fn salon() -> Result<Salon, KeyError> {
    let who = |socket: &salon::Socket| {
        let subject = socket.subject().map(|subject| subject.to_string());
        let expires = socket.expires().map(seconds);
        let name = socket.identity::<Player>().map(|player| player.name.clone());
        let play = socket.permissions().allows("play", Some("lobby:7"));
        json!([name, subject, expires, play])
    };
    let staff = Namespace::new("/staff").authenticate(Jwt::<Claims>::hs256(STAFF_SECRET)?);
    let builder = Salon::builder()
        .authenticate(Jwt::<Player>::hs256(SECRET)?.cookie("token").query("token"))
        .origins(Origins::SameOrigin)
        .on("who", move |socket, event| {
            let _ = event.acknowledge((who(socket),));
        })
        .namespace(staff)
        .namespace(Namespace::new("/open"));
    Ok(builder.build().expect("a Salon"))
}

/// Where a token may come in, in the order in which they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Door {
    Auth,
    Bearer,
    Cookie,
    Query,
}

impl Door {
    const ALL: [Self; 4] = [Self::Auth, Self::Bearer, Self::Cookie, Self::Query];

    fn present<'a>(self, visitor: Visitor<'a>, token: &str) -> Visitor<'a> {
        match self {
            Self::Auth => visitor.auth(auth(token)),
            Self::Bearer => visitor.header("authorization", &format!("Bearer {token}")),
            Self::Cookie => visitor.header("cookie", &format!("lang=en; token={token}")),
            Self::Query => visitor.query("token", token),
        }
    }
}

async fn a_session_knows_what_its_token_says(lab: &Lab) -> Result<(), Failure> {
    let claims = ada(lab);
    let token = token(&SECRET, &claims);
    for wire in Wire::ALL {
        for door in Door::ALL {
            let client = door.present(lab.visitor().wire(wire), &token).connect().await?;
            let known = client.call::<Value>("who", ()).await?;
            let expected = json!(["Ada", "user-7", claims["exp"], true]);
            assert_eq!(known, expected, "by {door:?} over {wire:?}");
        }
    }
    Ok(())
}

async fn a_bad_token_is_not_made_up_for_by_a_good_one_in_a_later_place(
    lab: &Lab,
) -> Result<(), Failure> {
    let good = token(&SECRET, &ada(lab));
    let bad = token(&STAFF_SECRET, &ada(lab));
    for wire in Wire::ALL {
        for (of_good, of_bad) in Door::ALL.map(|a| Door::ALL.map(|b| (a, b))).into_iter().flatten()
        {
            if of_good == of_bad {
                continue;
            }
            let visitor = of_good.present(lab.visitor().wire(wire), &good);
            let entered = of_bad.present(visitor, &bad).connect().await.map(drop);
            let comes = |door: Door| match (wire, door) {
                // Its request comes before its first message.
                (wire, Door::Auth) if !wire.is_socket_io() => Door::ALL.len(),
                _ => door as usize,
            };
            let is_first = comes(of_good) < comes(of_bad);
            let expected = if is_first { Ok(()) } else { Err(ConnectError::Refused(refused())) };
            assert_eq!(entered, expected, "good by {of_good:?}, bad by {of_bad:?}, over {wire:?}");
        }
    }
    Ok(())
}

macro_rules! both_ways {
    ($($test:ident)*) => {
        mod in_the_lab {
            $(#[salon::test]
            async fn $test() {
                super::$test(&super::at_noon(super::salon()?).await).await?;
            })*
        }

        mod over_real_sockets {
            $(#[salon::test]
            async fn $test() {
                super::$test(&super::Lab::serve(super::salon()?).await?).await?;
            })*
        }
    };
}

both_ways! {
    a_session_knows_what_its_token_says
    a_bad_token_is_not_made_up_for_by_a_good_one_in_a_later_place
}

#[salon::test]
async fn whatever_is_wrong_with_a_token_the_client_learns_the_same() {
    let lab = at_noon(salon()?).await;
    let client = lab.visitor().open().await?;
    let changed = |name: &str, value: Value| {
        let mut claims = ada(&lab);
        claims[name] = value;
        token(&SECRET, &claims)
    };
    let good = token(&SECRET, &ada(&lab));
    for auth in [
        json!({}),
        json!({ "token": null }),
        json!({ "token": 7 }),
        json!({ "token": "" }),
        json!({ "token": "x".repeat(64 * 1024) }),
        json!({ "token": good[..good.len() - 5] }),
        json!({ "token": token(&STAFF_SECRET, &ada(&lab)) }),
        json!({ "token": changed("exp", json!(1)) }),
        json!({ "token": changed("exp", json!("tomorrow")) }),
        json!({ "token": changed("nbf", json!(NOON.as_secs() + 3600)) }),
        json!({ "token": changed("name", json!(7)) }),
    ] {
        client.send_raw(text(format!("0{auth}")));
        let answer = next_text(&client).await;
        let answer: Value = serde_json::from_str(answer.strip_prefix('4').ok_or("no refusal")?)?;
        let expected = json!({
            "message": "a valid token is required",
            "data": { "code": "unauthorized" },
        });
        assert_eq!(answer, expected, "of {auth}");
        // As clients see it that open connections of their own.
        for wire in Wire::ALL {
            let entered = lab.connect_over(wire, &auth).await.map(drop);
            assert_eq!(entered, Err(ConnectError::Refused(refused())), "{auth} over {wire:?}");
        }
    }
    client.send_raw(text(format!("0{}", auth(&good))));
    assert!(next_text(&client).await.starts_with(r#"0{"sid":""#));
}

#[salon::test]
async fn a_token_is_good_from_its_first_moment_on_and_no_more_at_its_last() {
    let lab = at_noon(salon()?).await;
    let mut claims = ada(&lab);
    claims["nbf"] = json!(NOON.as_secs() + 10);
    claims["exp"] = json!(NOON.as_secs() + 20);
    let auth = auth(&token(&SECRET, &claims));
    for (at, is_good) in [
        (Duration::ZERO, false),
        (10 * SECOND - MILLISECOND, false),
        (10 * SECOND, true),
        (20 * SECOND - MILLISECOND, true),
        (20 * SECOND, false),
    ] {
        lab.advance(at - lab.elapsed()).await;
        let entered = lab.connect(&auth).await.map(drop);
        let expected = if is_good { Ok(()) } else { Err(ConnectError::Refused(refused())) };
        assert_eq!(entered, expected, "{at:?} after noon");
    }
}

#[salon::test]
async fn namespaces_differ_in_whom_they_let_in() {
    let lab = at_noon(salon()?).await;
    let player = auth(&token(&SECRET, &ada(&lab)));
    let staff = auth(&token(&STAFF_SECRET, &json!({ "exp": NOON.as_secs() + 3600 })));
    let client = lab.visitor().open().await?;
    for (namespace, auth, is_let_in) in [
        ("/open", &json!({}), true),
        ("/staff", &player, false),
        ("/", &staff, false),
        ("/staff", &staff, true),
        ("/", &player, true),
    ] {
        let of = if namespace == "/" { String::new() } else { format!("{namespace},") };
        client.send_raw(text(format!("0{of}{auth}")));
        let answer = next_text(&client).await;
        let kind = if is_let_in { '0' } else { '4' };
        assert!(answer.starts_with(&format!("{kind}{of}{{")), "{auth} in {namespace}: {answer}");
        for wire in Wire::ALL {
            let visitor = lab.visitor().wire(wire).namespace(namespace).auth(auth);
            let entered = visitor.connect().await.map(drop);
            let expected = if is_let_in { Ok(()) } else { Err(ConnectError::Refused(refused())) };
            assert_eq!(entered, expected, "{auth} in {namespace} over {wire:?}");
        }
    }
}

#[salon::test]
async fn an_identity_ends_with_the_key_that_let_it_in() {
    let keys = Keys::from(Key::hs256(SECRET)?);
    let salon = Salon::builder()
        .authenticate(Jwt::<Claims>::with_keys(keys.clone()))
        .on("expires", |socket, event| {
            let _ = event.acknowledge((socket.expires().map(seconds),));
        })
        .build()?;
    let lab = at_noon(salon).await;
    let claims = ada(&lab);
    let old = auth(&token(&SECRET, &claims));
    let expires = async |client: &Client| client.call::<u64>("expires", ()).await;
    let ada = lab.connect(&old).await?;
    assert_eq!(json!(expires(&ada).await?), claims["exp"]);
    keys.rotate("next", Key::hs256(STAFF_SECRET)?, 60 * SECOND);
    assert_eq!(expires(&ada).await?, NOON.as_secs() + 60, "sooner than its token says");
    let next = auth(&token_by(Some("next"), &STAFF_SECRET, &claims));
    let bob = lab.connect(&next).await?;
    lab.advance(60 * SECOND - MILLISECOND).await;
    let late = lab.connect(&old).await?;
    assert!(ada.is_connected(), "a token of the old key is good until then");
    lab.advance(MILLISECOND).await;
    for client in [&ada, &late] {
        let closed = client.closed().await;
        assert_eq!((closed.code, closed.at), (Code::Lapsed, 60 * SECOND));
    }
    let entered = lab.connect(&old).await.map(drop);
    assert_eq!(entered, Err(ConnectError::Refused(refused())));
    assert_eq!(json!(expires(&bob).await?), claims["exp"]);
}

//! Keys that are replaced while clients are connected.

use salon::{Code, auth::jwt::Key};
use serde_json::{Value, json};

use crate::club::{Club, SECOND};

const NEW: &[u8] = b"another secret for tests, no more";

#[salon::test]
async fn a_rotated_key_ends_its_sessions_with_the_overlap() {
    let club = Club::open().await?;
    let (ada, bob) = (club.guest("ada").await?, club.guest("bob").await?);
    club.keys.rotate("two", Key::hs256(NEW)?, 100 * SECOND);
    let token = club.token_of("ada", 3600 * SECOND, "two", NEW);
    let _: Value = ada.call("salon:refresh", (json!({ "token": token }),)).await?;
    // An old token is good until then, also for who comes now.
    let late = club.guest("cleo").await?;
    club.lab.advance(71 * SECOND).await;
    for guest in [&bob, &late] {
        guest.expect_named("salon:lapsing").await;
    }
    club.lab.advance(29 * SECOND).await;
    assert_eq!(bob.closed().await.code, Code::Lapsed);
    assert_eq!(late.closed().await.code, Code::Lapsed);
    assert!(ada.is_connected());
    let refused = club.guest("dora").await.expect_err("the old key is over");
    assert!(refused.to_string().contains("unauthorized"), "{refused}");
}

#[salon::test]
async fn a_key_that_is_taken_away_ends_its_sessions_at_once() {
    let club = Club::open().await?;
    let ada = club.guest("ada").await?;
    club.keys.remove("one");
    assert_eq!(ada.closed().await.code, Code::Lapsed);
}

//! The end of what an identity stands on: told ahead, put off by a refresh, and then final.

use salon::{Code, testing::Wire};
use serde_json::{Value, json};

use crate::club::{Club, Enter, Left, SECOND, say};

#[salon::test]
async fn a_client_is_told_ahead_and_its_connection_ends_with_the_token() {
    for wire in Wire::ALL {
        let club = Club::open().await?;
        let auth = json!({ "token": club.token("ada", 100 * SECOND) });
        let ada = club.lab.visitor().wire(wire).auth(auth).connect().await?;
        ada.expect_none().await;
        club.lab.advance(69 * SECOND).await;
        ada.expect_none().await;
        club.lab.advance(SECOND).await;
        let lapsing = ada.expect_named("salon:lapsing").await.json();
        assert!(lapsing[0]["expires_in_ms"].as_u64() <= Some(30_000), "{lapsing:?}");
        club.lab.advance(30 * SECOND).await;
        let lapsed = ada.expect_named("salon:lapsed").await.json();
        assert_eq!(lapsed, [json!({ "code": "lapsed" })]);
        let closed = ada.closed().await;
        assert_eq!(closed.code, Code::Lapsed, "{wire:?}");
        assert!(closed.disconnected, "{wire:?}");
        club.lab.advance(5 * SECOND).await;
        assert_eq!(club.lab.salon().connections(), 0, "{wire:?}");
    }
}

#[salon::test]
async fn the_notice_comes_as_early_as_it_is_set() {
    let club =
        Club::open_with(1, |builder| builder.lapses(|lapses| lapses.notice = 5 * SECOND)).await?;
    let ada = club.guest_for("ada", 60 * SECOND).await?;
    club.lab.advance(54 * SECOND).await;
    ada.expect_none().await;
    club.lab.advance(SECOND).await;
    ada.expect_named("salon:lapsing").await;
}

#[salon::test]
async fn a_refresh_puts_the_end_off_without_a_new_connection() {
    let club = Club::open().await?;
    let ada = club.guest_for("ada", 100 * SECOND).await?;
    let bob = club.guest("bob").await?;
    for guest in [&ada, &bob] {
        guest.send(Enter { room: 1 }).await?;
    }
    club.lab.advance(90 * SECOND).await;
    ada.expect_named("salon:lapsing").await;
    let token = club.token("ada", 100 * SECOND);
    let refreshed: Value = ada.call("salon:refresh", (json!({ "token": token }),)).await?;
    let left = refreshed["expires_in_ms"].as_u64().unwrap_or_default();
    assert!((99_000..=100_000).contains(&left), "{left}");
    club.lab.advance(60 * SECOND).await;
    assert!(ada.is_connected());
    bob.send(say("still there?")).await?;
    ada.expect_named("room:said").await;
    club.lab.advance(10 * SECOND).await;
    ada.expect_named("salon:lapsing").await;
    club.lab.advance(31 * SECOND).await;
    assert_eq!(ada.closed().await.code, Code::Lapsed);
    assert_eq!(bob.expect::<Left>().await.who, "ada");
}

#[salon::test]
async fn a_refresh_by_a_shorter_token_brings_the_end_forward() {
    let club = Club::open().await?;
    let ada = club.guest_for("ada", 3600 * SECOND).await?;
    let token = club.token("ada", 40 * SECOND);
    let _: Value = ada.call("salon:refresh", (json!({ "token": token }),)).await?;
    club.lab.advance(41 * SECOND).await;
    assert_eq!(ada.closed().await.code, Code::Lapsed);
}

#[salon::test]
async fn nobody_refreshes_with_anothers_token_or_a_bad_one() {
    let club = Club::open().await?;
    let ada = club.guest_for("ada", 60 * SECOND).await?;
    let bad = [
        (json!({ "token": club.token("bob", 100 * SECOND) }), Code::Forbidden),
        (json!({ "token": "no token" }), Code::Unauthorized),
        (json!({}), Code::Unauthorized),
    ];
    for (auth, code) in bad {
        let refused = ada.call::<Value>("salon:refresh", (auth,)).await;
        assert_eq!(refused.map_err(|refusal| refusal.code().clone()), Err(code));
    }
    club.lab.advance(61 * SECOND).await;
    assert_eq!(ada.closed().await.code, Code::Lapsed, "nothing was refreshed");
}

#[salon::test]
async fn refreshing_is_limited_in_its_rate() {
    let club = Club::open().await?;
    let ada = club.guest("ada").await?;
    let refresh = || {
        let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
        ada.call::<Value>("salon:refresh", (auth,))
    };
    for _ in 0..5 {
        refresh().await?;
    }
    let refused = refresh().await.expect_err("five at once");
    assert_eq!(*refused.code(), Code::RateLimited);
}

#[salon::test]
async fn of_a_refresh_and_the_end_at_the_same_moment_one_wins() {
    for late in [false, true] {
        let club = Club::open().await?;
        let ada = club.guest_for("ada", 60 * SECOND).await?;
        let token = club.token("ada", 3600 * SECOND);
        club.lab.advance(if late { 60 * SECOND } else { 59 * SECOND }).await;
        let refreshed = ada.call::<Value>("salon:refresh", (json!({ "token": token }),)).await;
        club.lab.advance(5 * SECOND).await;
        assert_eq!(refreshed.is_ok(), ada.is_connected(), "late: {late}");
        assert_eq!(refreshed.is_ok(), !late);
    }
}

#[salon::test]
async fn a_clock_that_is_set_forward_ends_what_is_over_within_a_minute() {
    let club = Club::open().await?;
    let ada = club.guest_for("ada", 3600 * SECOND).await?;
    club.lab.set_wall(club.lab.wall() + 7200 * SECOND);
    club.lab.advance(61 * SECOND).await;
    assert_eq!(ada.closed().await.code, Code::Lapsed);
}

#[salon::test]
async fn a_client_that_reads_nothing_is_gone_soon_after_its_token_lapses() {
    let club = Club::open().await?;
    let ada = club.guest_for("ada", 10 * SECOND).await?;
    ada.stop_reading();
    club.lab.advance(20 * SECOND).await;
    assert_eq!(club.lab.salon().connections(), 0);
}

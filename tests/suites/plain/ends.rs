//! Each way in which a connection ends, with its code and when to come back.

use salon::{
    auth::{What, Who},
    testing::{Failure, Lab},
};
use serde_json::{Value, json};

use crate::{
    parlour::{BRIEF, SECOND},
    plain::{Plain, lab, lab_with},
};

/// When to come back after a time, within that many milliseconds.
#[track_caller]
fn assert_within(retry: &Value, most: u64) {
    let after = retry["after_ms"].as_u64();
    assert!(after.is_some_and(|after| after <= most), "{retry}");
}

#[salon::test]
async fn a_token_that_is_over_ends_the_session_and_asks_for_another() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "brief-ada").await?;
    lab.advance(BRIEF - 30 * SECOND).await;
    assert_eq!(client.hears_of("salon:lapsing").await["expires_in_ms"], 30_000);
    lab.advance(30 * SECOND).await;
    assert_eq!(client.is_parted_with("lapsed", 4401).await, "token");
}

#[salon::test]
async fn a_newer_token_keeps_the_session() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "brief-ada").await?;
    lab.advance(BRIEF - 10 * SECOND).await;
    client.hears_of("salon:lapsing").await;
    client.says(&json!([1, "salon:refresh", { "token": "token-ada" }]));
    assert_eq!(client.hears().await[0], -1);
    lab.advance(10 * BRIEF).await;
    assert!(client.0.is_connected());
    client.says(&json!([2, "salon:refresh", { "token": "token-eve" }]));
    let refused = client.is_answered(2).await;
    assert!(refused[2]["code"].is_string(), "somebody else's is refused: {refused}");
}

#[salon::test]
async fn who_is_revoked_is_never_to_come_back() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    lab.drive(lab.salon().revoke(Who::user("ada"), What::Everything)).await;
    assert_eq!(client.is_parted_with("revoked", 4403).await, "never");
}

#[salon::test]
async fn the_app_ends_a_session_for_good_and_a_connection_for_a_while() {
    let lab = lab().await?;
    for (how, code, close, retry) in [
        ("disconnect", "disconnected", 4410, "never"),
        ("close", "disconnected", 4410, "never"),
        ("hang up", "internal", 4500, "backoff"),
    ] {
        let client = Plain::come(&lab, "token-ada").await?;
        client.says(&json!([1, "end", { "how": how }]));
        assert_eq!(client.is_parted_with(code, close).await, retry, "{how}");
    }
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn what_came_before_the_end_is_told_before_the_bye() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends("[1,\"count\"]\n[2,\"end\",{\"how\":\"disconnect\"}]");
    assert_eq!(client.hears().await, json!([-1, 1]));
    assert_eq!(client.hears().await[0], -2);
    let bye = client.hears().await;
    assert_eq!(bye, json!(["salon:bye", { "code": "disconnected", "retry": "never" }]));
    client.0.closed().await;
    client.0.expect_none().await;
}

#[salon::test]
async fn who_does_not_read_is_parted_with_once_too_much_waits() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.0.stop_reading();
    client.says(&json!(["flood", { "bytes": 100_000, "times": 50 }]));
    lab.settle().await;
    // It still has what is on its line, and then it sees the end.
    client.0.read_on();
    assert_eq!(client.is_parted_with("overflow", 4430).await, "backoff");
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn one_that_never_reads_again_is_cut_off() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.0.stop_reading();
    client.says(&json!(["flood", { "bytes": 100_000, "times": 50 }]));
    lab.advance(3 * SECOND).await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn clients_of_a_server_that_goes_come_back_spread_over_its_window() {
    let lab = lab_with(|it| it.timeouts(|timeouts| timeouts.shutdown = 8 * SECOND)).await?;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(Plain::come(&lab, "token-ada").await?);
    }
    lab.drive(lab.salon().shutdown(8 * SECOND)).await;
    let mut quarters = [0; 4];
    for client in &clients {
        let retry = client.is_parted_with("shutting_down", 1012).await;
        assert_within(&retry, 8_000);
        let after = retry["after_ms"].as_u64().ok_or("a number")?;
        quarters[usize::try_from(after.min(7_999) / 2_000)?] += 1;
    }
    assert!(quarters.iter().all(|count| (20..=80).contains(count)), "{quarters:?}");
}

#[salon::test]
async fn the_oldest_of_too_many_that_do_not_say_who_they_are_goes() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_unconnected = Some(2))).await?;
    let (one, two) = (Plain::open(&lab).await?, Plain::open(&lab).await?);
    let three = Plain::open(&lab).await?;
    assert_within(&one.is_parted_with("too_many", 4429).await, 5_000);
    for client in [two, three] {
        client.connects("token-ada");
        client.hears_of("salon:welcome").await;
    }
}

#[salon::test]
async fn attempts_to_connect_beyond_the_rate_are_refused_and_the_third_ends_it() {
    let rate = salon::config::Rate::new(1, SECOND, 1);
    let lab =
        lab_with(|it| it.limits(|limits| (limits.connect_rate, limits.max_namespaces) = (rate, 1)))
            .await?;
    let client = Plain::open(&lab).await?;
    client.connects("wrong");
    assert_eq!(client.hears_of("salon:refused").await["error"]["code"], "unauthorized");
    (0..20).for_each(|_| client.connects("wrong"));
    let retry = loop {
        let heard = client.hears().await;
        if heard[0] == "salon:bye" {
            break heard[1].clone();
        }
    };
    assert!(
        ["unauthorized", "too_many"].contains(&retry["code"].as_str().unwrap_or_default()),
        "{retry}"
    );
    client.0.closed().await;
}

async fn after_many_ends(lab: &Lab) -> Result<(), Failure> {
    lab.settle().await;
    assert_eq!((lab.salon().connections(), lab.salon().open_rooms()), (0, 0));
    Ok(())
}

#[salon::test]
async fn nothing_is_left_of_those_who_ended_before_they_began() {
    let lab = lab().await?;
    for _ in 0..20 {
        let client = Plain::open(&lab).await?;
        client.connects("slow-ada");
        client.says(&json!([1, "chat:join", { "room": "a" }]));
        lab.settle().await;
        client.0.reset();
    }
    lab.advance(2 * SECOND).await;
    after_many_ends(&lab).await?;
}

//! Clients that come back to their rooms, and what they are sent again.

use salon::{
    auth::{What, Who},
    testing::{Failure, Lab},
};
use serde_json::{Value, json};

use crate::{
    parlour::{KEPT, app},
    plain::{Plain, lab},
};

/// Somebody who has joined, and what it was told.
async fn member(lab: &Lab, name: &str) -> Result<(Plain, Value), Failure> {
    let client = Plain::come(lab, &format!("token-{name}")).await?;
    client.says(&json!([1, "chat:join", { "room": "a" }]));
    let joined = client.hears_of("salon:joined").await;
    client.is_answered(1).await;
    Ok((client, joined))
}

async fn say(client: &Plain, texts: std::ops::Range<usize>) {
    for text in texts {
        client.says(&json!([9, "chat:say", { "room": "a", "text": text.to_string() }]));
        client.is_answered(9).await;
    }
}

/// What it is sent, up to the answer to its joining.
async fn until_joined(client: &Plain) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let frame = client.hears().await;
        if frame[0] == -1 {
            return heard;
        }
        heard.push(frame);
    }
}

fn texts(heard: &[Value]) -> Vec<&str> {
    let said = heard.iter().filter(|frame| frame[0] == "chat:said");
    said.filter_map(|frame| frame[1]["text"].as_str()).collect()
}

#[salon::test]
async fn a_joining_event_says_what_was_seen_and_gets_what_was_missed() {
    let lab = lab().await?;
    let (eve, joined) = member(&lab, "eve").await?;
    say(&eve, 1..4).await;
    let ada = Plain::come(&lab, "token-ada").await?;
    let after = json!({ "$": { "after": { "epoch": joined["epoch"], "seq": 1 } } });
    ada.says(&json!([1, "chat:join", { "room": "a" }, after]));
    let heard = until_joined(&ada).await;
    assert_eq!((&heard[0][1]["resumed"], &heard[0][1]["replay"]), (&json!(true), &json!(2)));
    assert_eq!(texts(&heard), ["2", "3"]);
    assert_eq!(heard[1][2]["seq"], 2);
}

#[salon::test]
async fn what_was_seen_of_all_rooms_may_be_said_with_the_token_or_after_it() {
    let lab = lab().await?;
    let (eve, joined) = member(&lab, "eve").await?;
    say(&eve, 1..4).await;
    let seen = json!({ "after": { "chat:a": { "epoch": joined["epoch"], "seq": 2 } } });
    let first = Plain::open(&lab).await?;
    first.says(&json!(["salon:connect", { "token": "token-ada", "salon": seen }]));
    let headers = lab.visitor().header("authorization", "Bearer token-ada");
    let later = Plain::opened(headers).await?;
    later.says(&json!(["salon:connect", { "salon": seen }]));
    for client in [first, later] {
        client.hears_of("salon:welcome").await;
        client.says(&json!([1, "chat:join", { "room": "a" }]));
        let heard = until_joined(&client).await;
        assert_eq!(heard[0][1]["resumed"], true, "{heard:?}");
        assert_eq!(texts(&heard), ["3"]);
    }
}

#[salon::test]
async fn another_epoch_gives_nothing_of_what_was() {
    let lab = lab().await?;
    let (eve, _) = member(&lab, "eve").await?;
    say(&eve, 1..4).await;
    for epoch in ["b7a01f93c2", "", "x", "b7a01f93c2b7a01f93c2"] {
        let ada = Plain::come(&lab, "token-ada").await?;
        let after = json!({ "$": { "after": { "epoch": epoch, "seq": 1 } } });
        ada.says(&json!([1, "chat:join", { "room": "a" }, after]));
        let heard = until_joined(&ada).await;
        assert_eq!(texts(&heard), [""; 0], "{epoch}");
        if epoch.len() == 10 {
            assert_eq!(heard[0][1]["resumed"], false, "{epoch}: {heard:?}");
        }
    }
}

#[salon::test]
async fn a_history_that_is_too_short_by_one_gives_nothing_rather_than_a_part() {
    let lab = lab().await?;
    let (eve, joined) = member(&lab, "eve").await?;
    say(&eve, 1..KEPT + 2).await;
    for (seq, resumed) in [(0, false), (1, true)] {
        let ada = Plain::come(&lab, "token-ada").await?;
        let after = json!({ "$": { "after": { "epoch": joined["epoch"], "seq": seq } } });
        ada.says(&json!([1, "chat:join", { "room": "a" }, after]));
        let heard = until_joined(&ada).await;
        assert_eq!(heard[0][1]["resumed"], resumed, "{heard:?}");
        assert_eq!(texts(&heard).len(), if resumed { KEPT } else { 0 });
    }
}

#[salon::test]
async fn what_is_missing_is_asked_for_by_its_numbers() {
    let lab = lab().await?;
    let (eve, joined) = member(&lab, "eve").await?;
    say(&eve, 1..KEPT + 3).await;
    let epoch = &joined["epoch"];
    let ask = |after: usize, to: Option<usize>| {
        let mut wanted = json!({ "room": "chat:a", "epoch": epoch, "after": after });
        if let Some(to) = to {
            wanted["to"] = json!(to);
        }
        json!([1, "salon:replay", wanted])
    };
    eve.says(&ask(3, Some(5)));
    let heard = until_joined(&eve).await;
    assert_eq!(texts(&heard), ["4", "5"]);
    eve.says(&ask(1, None));
    let refused = eve.hears().await;
    assert_eq!(
        (&refused[2]["code"], &refused[2]["data"]["first"]),
        (&json!("gone"), &json!(3)),
        "{refused}"
    );
}

#[salon::test]
async fn whoever_was_barred_while_away_is_refused_and_sees_nothing() {
    let (builder, _, bars) = app();
    let lab = Lab::new(builder.build()?).await;
    let (eve, joined) = member(&lab, "eve").await?;
    say(&eve, 1..4).await;
    let (ada, _) = member(&lab, "ada").await?;
    ada.0.reset();
    bars.bar("ada");
    lab.drive(lab.salon().revoke(Who::user("ada"), What::room("chat:a"))).await;
    let ada = Plain::come(&lab, "token-ada").await?;
    let after = json!({ "$": { "after": { "epoch": joined["epoch"], "seq": 1 } } });
    ada.says(&json!([1, "chat:join", { "room": "a" }, after]));
    let refused = ada.hears().await;
    assert_eq!((&refused[0], &refused[2]["code"]), (&json!(-1), &json!("forbidden")));
    ada.0.expect_none().await;
}

#[salon::test]
async fn an_event_that_is_sent_again_by_another_connection_has_one_effect() {
    let (builder, runs, _) = app();
    let lab = Lab::new(builder.build()?).await;
    let key = json!({ "$": { "key": "01J9Z3" } });
    let ada = Plain::come(&lab, "token-ada").await?;
    ada.says(&json!([1, "pay", { "amount": 5 }, key]));
    lab.settle().await;
    ada.0.reset();
    let ada = Plain::come(&lab, "token-ada").await?;
    ada.says(&json!([4, "pay", { "amount": 5 }, key]));
    assert_eq!(ada.hears().await, json!([-4, 1]));
    ada.says(&json!([5, "pay", { "amount": 6 }, key]));
    assert_eq!(ada.hears().await[2]["code"], "key_reused");
    let eve = Plain::come(&lab, "token-eve").await?;
    eve.says(&json!([1, "pay", { "amount": 5 }, key]));
    assert_eq!(eve.hears().await, json!([-1, 2]));
    assert_eq!(runs.count(), 2);
}

//! Events with keys: what comes again is answered as when it came first, and does nothing more.
//!
//! It must never look at what is kept: a client sends something again, and is told.

use std::{sync::atomic::Ordering, time::Duration};

use salon::{
    Code, Count, Payload,
    testing::{Happened, Traffic, for_seeds},
};
use serde_json::{Value, json};

use crate::{
    shop::{
        Enter, Odd, Order, SLOW, Shop, Unkeyable, come, come_to, enter, look, order, order_so,
        ordered, pay, pay_so, shop, shop_in_order_of, wrap,
    },
    table::code,
};

/// How long a session waits for its client.
const MINUTE: Duration = Duration::from_secs(60);

/// What an event carries, with a key in what is said of its delivery.
fn with_key(event: &str, key: &Value) -> Payload {
    Payload::from_parts(format!(r#"{event},{{"$":{{"key":{key}}}}}"#).into(), Vec::new())
}

#[salon::test]
async fn what_is_sent_again_has_one_effect_and_the_same_answer() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    for _ in 0..3 {
        assert_eq!(ada.send(order("a")).await?, 2);
        assert_eq!(ada.send(pay(7)).await?, 3);
    }
    assert_eq!(runs.count(), 3);
    assert_eq!(ordered(&ada).await, 1);
    assert_eq!(lab.counters().get(Count::DuplicatesAnswered), 4);
    assert_eq!(ada.send(order("b")).await?, 4, "another key");
    assert_eq!(ada.send(pay(8)).await?, 5);
}

#[salon::test]
async fn each_of_them_is_acknowledged_by_its_own_id() {
    let (lab, _) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    let sent = [ada.send(order("a")), ada.send(order("a"))];
    for answer in sent {
        assert_eq!(answer.await?, 2);
    }
    let transcript = ada.transcript();
    let ids: Vec<_> = transcript
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            Happened::Came(Traffic::Acknowledgement { id, .. }) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, [0, 1, 2]);
}

#[salon::test]
async fn what_has_no_key_is_handled_each_time() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    for run in 2..5 {
        let order = Order { id: None, ..order("") };
        assert_eq!(ada.send(order).await?, run);
    }
    assert_eq!(runs.count(), 4);
}

#[test]
fn an_acknowledgement_that_was_lost_is_given_to_whoever_comes_back() {
    for_seeds(0..10, async |seed| {
        let (lab, runs) = shop_in_order_of(seed, |builder| builder).await;
        let (ada, eve) = (come_to(&lab, 0, "ada").await?, come_to(&lab, 1, "eve").await?);
        for client in [&eve, &ada] {
            client.send(enter()).await?;
        }
        // Nothing of what it is answered arrives.
        ada.stop_reading();
        drop((ada.send(order("a")), ada.send(pay(7))));
        lab.settle().await;
        assert_eq!(runs.count(), 4);
        ada.reconnect().await?;
        assert_eq!(code(ada.send(order("a")).await), Code::NotAMember, "a key is no membership");
        ada.send(enter()).await?;
        let answers = [ada.send(order("a")).await?, ada.send(pay(7)).await?];
        assert!(answers == [3, 4] || answers == [4, 3], "{answers:?}");
        assert_eq!(runs.count(), 5, "its entry");
        assert_eq!(ordered(&eve).await, 1);
        Ok(())
    });
}

#[salon::test]
async fn what_somebody_is_answered_who_is_nobody_ends_with_its_session() {
    let (lab, _) = shop(|builder| builder.recovery(MINUTE)).await;
    let nobody = come(&lab, "").await?;
    assert_eq!(nobody.send(pay(7)).await?, 1);
    nobody.reconnect().await?;
    assert_eq!(nobody.send(pay(7)).await?, 1, "it has its session again");
    assert_eq!(come(&lab, "").await?.send(pay(7)).await?, 2);
}

#[salon::test]
async fn what_panicked_is_handled_when_it_is_sent_again_and_its_room_knows_the_rest() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    assert_eq!(ada.send(order("before")).await?, 2);
    assert_eq!(code(ada.send(order_so("a", "panics first")).await), Code::Internal);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 1);
    assert_eq!(ada.send(order("before")).await?, 2);
    assert_eq!(ada.send(order_so("a", "panics first")).await?, 4);
    assert_eq!(ada.send(order_so("a", "panics first")).await?, 4);
    assert_eq!(runs.count(), 4);
}

#[salon::test]
async fn what_panicked_in_a_session_is_handled_when_it_is_sent_again() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    assert_eq!(code(ada.send(pay_so(7, "panics first")).await), Code::Internal);
    assert_eq!(ada.send(pay_so(7, "panics first")).await?, 2);
    assert_eq!(ada.send(pay_so(7, "panics first")).await?, 2);
    assert_eq!(runs.count(), 2);
}

#[salon::test]
async fn a_refusal_of_the_handlers_own_is_given_again() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    for _ in 0..2 {
        let refusal = ada.send(order_so("a", "refused")).await.expect_err("it is sold out");
        assert_eq!((refusal.code().as_str(), refusal.message()), ("sold_out", "run 2"));
        let refusal = ada.send(pay_so(7, "refused")).await.expect_err("it is refused");
        assert_eq!((refusal.code().as_str(), refusal.message()), ("sold_out", "run 3"));
    }
    assert_eq!(runs.count(), 3);
}

#[salon::test]
async fn a_refusal_that_says_no_more_than_that_it_went_wrong_is_not_kept() {
    for (way, refused) in [("broken first", Code::Internal), ("busy first", Code::RateLimited)] {
        let (lab, _) = shop(|builder| builder).await;
        let ada = come(&lab, "ada").await?;
        ada.send(enter()).await?;
        assert_eq!(code(ada.send(order_so("a", way)).await), refused);
        assert_eq!(ada.send(order_so("a", way)).await?, 3);
        assert_eq!(ada.send(order_so("a", way)).await?, 3);
    }
}

#[salon::test]
async fn another_payload_with_the_same_key_is_refused() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    ada.send(order("a")).await?;
    ada.send(pay(7)).await?;
    assert_eq!(code(ada.send(order_so("a", "refused")).await), Code::KeyReused);
    assert_eq!(code(ada.send(pay_so(7, "refused")).await), Code::KeyReused);
    let first = ada.send(wrap("a", "well"));
    lab.settle().await;
    assert_eq!(code(ada.send(wrap("a", "refused")).await), Code::KeyReused, "under way");
    lab.advance(SLOW).await;
    assert_eq!(first.await?, 4, "an event of another name has keys of its own");
    assert_eq!(ada.send(order("a")).await?, 2, "what is kept is as it was");
    assert_eq!(runs.count(), 4);
}

#[salon::test]
async fn keys_of_two_users_do_not_meet_nor_those_of_two_rooms() {
    let (lab, runs) = shop(|builder| builder).await;
    let (ada, eve) = (come(&lab, "ada").await?, come(&lab, "eve").await?);
    for (client, run) in [(&ada, 2), (&eve, 5)] {
        client.send(enter()).await?;
        assert_eq!(client.send(order("a")).await?, run);
        assert_eq!(client.send(pay(7)).await?, run + 1);
    }
    ada.send(Enter { shop: 2, id: None }).await?;
    assert_eq!(ada.send(Order { shop: 2, ..order("a") }).await?, 8);
    assert_eq!(runs.count(), 8);
    // An id of a session is no name of a user.
    let nobody = come(&lab, "").await?;
    nobody.send(pay(7)).await?;
    let impostor = come(&lab, &nobody.id().ok_or("it is connected")?).await?;
    assert_eq!(impostor.send(pay(7)).await?, 10);
}

#[salon::test]
async fn any_event_may_have_a_key_in_what_is_said_of_its_delivery() {
    let (lab, _) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    let looked =
        async |key: Value| ada.call::<u64>("shop:look", with_key(r#"{"shop":1}"#, &key)).await;
    assert_eq!(looked(json!("a")).await?, 2);
    assert_eq!(looked(json!("a")).await?, 2);
    assert_eq!(looked(json!(7)).await?, 3);
    assert_eq!(looked(json!("7")).await?, 3, "a number and its digits are one key");
    assert_eq!(ada.send(look()).await?, 4, "without one");
    // What else is said of the delivery is no part of what must be the same.
    let traced = r#"{"shop":1},{"$":{"key":"a","trace":"00-4bf9"}}"#;
    let traced = Payload::from_parts(traced.into(), Vec::new());
    assert_eq!(ada.call::<u64>("shop:look", traced).await?, 2);
}

#[salon::test]
async fn an_events_own_key_and_that_of_its_delivery_are_one_or_it_is_refused() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    assert_eq!(ada.send(pay(7)).await?, 1);
    let both =
        async |key: Value| ada.call::<u64>("pay", with_key(r#"{"id":7,"way":"well"}"#, &key)).await;
    assert_eq!(both(json!(7)).await?, 1);
    let refusal = both(json!("a")).await.expect_err("they differ");
    assert_eq!(refusal.code(), &Code::InvalidPayload);
    assert_eq!(refusal.data(), Some(&json!({ "path": "$.key" })));
    ada.send(enter()).await?;
    let event = r#"{"shop":1,"id":null,"way":"well"}"#;
    for _ in 0..2 {
        assert_eq!(ada.call::<u64>("shop:order", with_key(event, &json!("a"))).await?, 3);
    }
    assert_eq!(runs.count(), 3);
}

#[salon::test]
async fn a_key_that_is_too_long_is_refused_with_where_it_is() {
    let (lab, _) = shop(|builder| builder.limits(|limits| limits.max_once_key = 8)).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    ada.send(order("12345678")).await?;
    let refusal = ada.send(order("123456789")).await.expect_err("it is too long");
    assert_eq!(refusal.code(), &Code::InvalidPayload);
    assert_eq!(refusal.data(), Some(&json!({ "path": "id" })));
    let long = with_key(r#"{"shop":1}"#, &json!("123456789"));
    let refusal = ada.call::<u64>("shop:look", long).await.expect_err("it is too long");
    assert_eq!(refusal.data(), Some(&json!({ "path": "$.key" })));
}

#[salon::test]
async fn a_duplicate_passes_every_check_before_it_is_answered() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    assert_eq!(ada.send(order("a")).await?, 2);
    runs.shut.store(true, Ordering::Relaxed);
    assert_eq!(code(ada.send(order("a")).await).as_str(), "shut");
    runs.shut.store(false, Ordering::Relaxed);
    assert_eq!(ada.send(order("a")).await?, 2);
    let id = ada.id().ok_or("it is connected")?;
    assert!(lab.drive(lab.salon().room::<Shop>(&1).evict(&id)).await);
    assert_eq!(code(ada.send(order("a")).await), Code::NotAMember);
    ada.send(enter()).await?;
    assert_eq!(ada.send(order("a")).await?, 2);
}

#[salon::test]
async fn a_key_that_panics_is_the_servers_fault_and_harms_nobody() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    assert_eq!(code(ada.send(Odd(Unkeyable)).await), Code::Internal);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!((ada.send(pay(7)).await?, runs.count()), (1, 1));
}

#[salon::test]
async fn who_enters_anew_is_answered_anew() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    let entry = || Enter { shop: 1, id: Some("a".to_owned()) };
    assert_eq!(ada.send(entry()).await?, 1);
    assert_eq!(ada.send(entry()).await?, 1, "it is a member");
    ada.reconnect().await?;
    assert_eq!(ada.send(entry()).await?, 2, "the answer is for the membership");
    assert_eq!(ada.send(entry()).await?, 2);
    assert_eq!(runs.count(), 2);
}

#[salon::test]
async fn a_room_that_has_closed_knows_nothing_of_what_came_before() {
    let (lab, _) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    assert_eq!(ada.send(order("a")).await?, 2);
    assert!(lab.drive(lab.salon().room::<Shop>(&1).close()).await);
    ada.send(enter()).await?;
    assert_eq!(ada.send(order("a")).await?, 4);
}

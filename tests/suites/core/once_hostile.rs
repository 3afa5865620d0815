//! What breaks the promises of `once`: each test says what was promised, and fails as long as it does not hold.
//!
//! It must never be mended by asking for less.

use std::time::Duration;

use salon::{
    Code, Payload,
    testing::{Wire, for_seeds},
    wire::msgpack::MsgpackParser,
};
use salon_tests::guests::guest;
use serde_json::json;

use crate::{
    shop::{
        LATE, come, come_to, enter, look, order, ordered, pay, shop, shop_in_order_of, transfer,
        wrap,
    },
    table::code,
};

/// Two connections of a user that send the same at once have one effect, over rooms and sessions, on any workers.
#[test]
fn what_two_tabs_send_at_once_has_one_effect() {
    for_seeds(0..30, async |seed| {
        let (lab, runs) = shop_in_order_of(seed, |builder| builder).await;
        let tabs = [come_to(&lab, 0, "ada").await?, come_to(&lab, 1, "ada").await?];
        for tab in &tabs {
            tab.send(enter()).await?;
        }
        let before = runs.count();
        let sent: Vec<_> = tabs
            .iter()
            .flat_map(|tab| [tab.send(order("a")), tab.send(pay(7)), tab.send(wrap("b", "well"))])
            .collect();
        lab.advance(Duration::from_secs(2)).await;
        let mut answers = Vec::new();
        for sent in sent {
            answers.push(sent.await?);
        }
        assert_eq!(answers[..3], answers[3..]);
        assert_eq!(runs.count() - before, 3);
        assert_eq!(ordered(&tabs[0]).await, 1);
        Ok(())
    });
}

/// Nobody waits for ever: not when the room closes, the tab that came first ends, or the future is late.
#[test]
fn whoever_waits_is_answered_when_the_first_comes_to_nothing() {
    for_seeds(0..10, async |seed| {
        for how in ["reset", "late", "hangs", "told"] {
            let (lab, _) = shop_in_order_of(seed, |builder| builder).await;
            let tabs = [come_to(&lab, 0, "ada").await?, come_to(&lab, 1, "ada").await?];
            for tab in &tabs {
                tab.send(enter()).await?;
            }
            let way = match how {
                "late" => "is late first",
                "hangs" => "hangs first",
                "told" => "told",
                _ => "well",
            };
            let first = [tabs[0].send(wrap("a", way)), tabs[0].send(wrap("b", way))];
            let of_session = tabs[0].send(transfer(1, way));
            lab.settle().await;
            let waiting = [tabs[1].send(wrap("a", way)), tabs[1].send(wrap("b", way))];
            let of_other = tabs[1].send(transfer(1, way));
            lab.settle().await;
            if how == "reset" {
                tabs[0].reset();
            }
            lab.advance(LATE * 4).await;
            for waiting in waiting {
                let _ = waiting.await;
            }
            let _ = of_other.await;
            if how != "reset" {
                for first in first {
                    let _ = first.await;
                }
                let _ = of_session.await;
            }
            let again = tabs[1].send(wrap("a", "other"));
            lab.advance(LATE).await;
            let _ = again.await;
        }
        Ok(())
    });
}

/// Every parser says the same of a delivery.
#[salon::test]
async fn a_key_in_what_is_said_of_the_delivery_counts_over_each_wire_and_parser() {
    for wire in Wire::ALL {
        let (lab, runs) = shop(|builder| builder.parser(MsgpackParser)).await;
        let ada = lab.visitor().wire(wire).auth(guest("ada")).connect().await?;
        ada.send(enter()).await?;
        let before = runs.count();
        for _ in 0..3 {
            let payload = (json!({ "shop": 1 }), json!({ "$": { "key": "k" } }));
            ada.call::<u64>("shop:look", payload).await?;
        }
        for _ in 0..2 {
            let payload = (json!({ "shop": 1 }), json!({ "$": { "key": 7 } }));
            ada.call::<u64>("shop:look", payload).await?;
        }
        assert_eq!(runs.count() - before, 2, "{wire:?}");
        ada.send(look()).await?;
        assert_eq!(runs.count() - before, 3, "{wire:?}");
    }
}

/// Absurd words of a delivery are refused, and the event is not handled.
#[salon::test]
async fn absurd_words_of_a_delivery_are_refused_and_nothing_is_handled() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    let before = runs.count();
    for delivery in [
        r#"{"key":null}"#,
        r#"{"key":1e400}"#,
        r#"{"key":-0.0}"#,
        r#"{"key":"\ud800"}"#,
        r#"{"key":"a","key":"b"}"#,
        r#"{"after":{"epoch":"x","seq":18446744073709551616}}"#,
    ] {
        let payload =
            Payload::from_parts(format!(r#"{{"shop":1}},{{"$":{delivery}}}"#).into(), vec![]);
        let refused = ada.call::<u64>("shop:look", payload).await;
        assert!(refused.is_err(), "{delivery} is let through");
        assert_eq!(code(refused), Code::InvalidPayload, "{delivery}");
    }
    assert_eq!(runs.count(), before);
}

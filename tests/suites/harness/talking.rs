//! What a test can say and ask.

use std::panic::{AssertUnwindSafe, catch_unwind};

use salon::testing::{self, Failure, Incoming, Lab};
use serde_json::json;

use crate::app::{Double, Enter, Said, Say, Wait, app};

#[salon::test]
async fn what_is_not_asked_for_stays_in_order() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.send(Enter { hall: 1 }).await?;
    for text in ["a", "b", "c"] {
        client.emit(&Say { hall: 1, text: text.to_owned() });
    }
    assert_eq!(client.send(Double(1)).await?, 2);
    assert_eq!(client.expect::<Said>().await.text, "a");
    let rest: Vec<_> = client.events().await.iter().map(Incoming::json).collect();
    assert_eq!(rest, [vec![json!({ "text": "b" })], vec![json!({ "text": "c" })]]);
    client.expect_none().await;
}

#[salon::test]
async fn an_event_can_be_sent_and_expected_by_its_name() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    let () = client.call("hall:enter", (json!({ "hall": 1 }),)).await?;
    client.emit_named("hall:say", (json!({ "hall": 1, "text": "hi" }),));
    assert_eq!(client.expect_named("hall:said").await.json(), [json!({ "text": "hi" })]);
}

#[salon::test]
async fn a_refusal_without_acknowledgement_comes_as_an_event() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.emit(&Say { hall: 1, text: "hi".to_owned() });
    let refused = client.expect_named("salon:refused").await;
    assert_eq!(refused.json()[0]["error"]["code"], "not_a_member");
}

#[salon::test]
async fn a_goodbye_ends_the_session_and_the_link() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.disconnect();
    assert_eq!(client.closed().await.code, salon::Code::Disconnected);
    assert_eq!(lab.salon().connections(), 0);
}

/// The message of a test that fails.
fn failure(test: &impl AsyncFn(&Lab) -> Result<(), Failure>) -> String {
    let run = || {
        testing::run(async {
            let lab = Lab::new(app()).await;
            test(&lab).await
        });
    };
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the test was to fail");
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn a_failure_says_where_and_shows_what_led_to_it() {
    let message = failure(&async |lab| {
        let ada = lab.visitor().name("ada").connect().await?;
        ada.send(Double(1)).await?;
        let _: Said = ada.expect().await;
        Ok(())
    });
    assert!(message.contains("talking.rs:"), "{message}");
    assert!(message.contains("ada expected hall:said, and none came"), "{message}");
    assert!(message.contains("0.000 s  ada        → double #0 1"), "{message}");
    assert!(message.contains("0.000 s  ada        ← acknowledgement #0 2"), "{message}");
    let received = message.lines().find(|line| line.contains("server") && line.contains("double"));
    assert!(received.is_some_and(|line| line.ends_with("received")), "{message}");
}

#[test]
fn an_answer_that_time_would_bring_is_not_waited_for() {
    let message = failure(&async |lab| {
        let client = lab.connect(()).await?;
        client.send(Wait(10)).await?;
        Ok(())
    });
    assert!(message.contains("got no answer to wait, and nothing is left to run"), "{message}");
}

#[test]
fn an_event_that_was_not_expected_fails_the_test() {
    let message = failure(&async |lab| {
        let client = lab.connect(()).await?;
        client.send(Enter { hall: 1 }).await?;
        client.emit(&Say { hall: 1, text: "hi".to_owned() });
        client.expect_none().await;
        Ok(())
    });
    assert!(message.contains("expected no event, and hall:said came"), "{message}");
}

#[test]
fn a_client_that_stays_fails_a_test_that_expects_its_end() {
    let message = failure(&async |lab| {
        let client = lab.connect(()).await?;
        client.closed().await;
        Ok(())
    });
    assert!(message.contains("expected to be disconnected, and is not"), "{message}");
}

#[test]
fn an_error_fails_the_test_with_its_words() {
    let message = failure(&async |lab| {
        lab.connect(json!({ "banned": true })).await?;
        Ok(())
    });
    assert_eq!(message, "refused: forbidden: you are banned");
}

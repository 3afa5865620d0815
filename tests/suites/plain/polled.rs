//! What is said of long polling holds at its edges: who stays and who is gone, what comes again, how it is asked
//! for.

use actix_web::http::Method;
use salon::testing::ConnectError;

use crate::{
    parlour::SECOND,
    plain::{Plain, lab, lab_with},
    polls::{NDJSON, Poller, frames},
};

pub(crate) const ADA: &str = "Bearer token-ada";

/// Says "poll again within the time that the welcome states": `within_ms` is 20 s. This one polls every 16 s
/// and is answered each time.
#[salon::test]
async fn who_polls_within_the_time_of_the_welcome_stays() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    for turn in 1..=6 {
        lab.advance(16 * SECOND).await;
        let at = turn * 16;
        if lab.salon().connections() == 0 {
            panic!("gone {at} s after it came, though it was answered 16 s ago");
        }
        client.post("[1,\"count\"]").await?;
        let polled = client.poll(turn).await?;
        assert_eq!(polled.status, 200, "at {at} s: {}", polled.text());
    }
}

/// The same, where the client polls again at once whenever it is told nothing, and its network takes 0.3 s.
#[salon::test]
async fn who_polls_again_at_once_over_a_slow_network_stays() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    lab.advance(249 * SECOND / 10).await;
    client.post("[1,\"count\"]").await?;
    assert_eq!(client.poll(1).await?.status, 200);
    // It is busy with what came for less than `within_ms`.
    lab.advance(199 * SECOND / 10).await;
    client.post("[2,\"count\"]").await?;
    assert_eq!(client.poll(2).await?.status, 200, "0.2 s before the end");
    lab.advance(3 * SECOND / 10).await;
    client.post("[3,\"count\"]").await?;
    assert_eq!(client.poll(3).await?.status, 200, "it was answered 0.3 s ago");
}

/// A poll that is answered with the batch before is one within the time as well.
#[salon::test]
async fn who_has_the_batch_before_told_again_has_polled() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    client.post("[1,\"count\"]").await?;
    assert_eq!(client.poll(1).await?.status, 200, "and is lost");
    for turn in 1..=10 {
        lab.advance(5 * SECOND).await;
        let polled = client.poll(1).await?;
        assert_eq!(polled.status, 200, "{} s: its responses are lost, and it polls", 5 * turn);
    }
}

/// "frames …; they come again until a poll says that it has them": also the last, which says whether and when
/// to come back.
#[salon::test]
async fn a_bye_whose_response_is_lost_comes_again() {
    let lab = lab().await?;
    let client = Poller::open(&lab).await?;
    lab.salon().namespace("/").disconnect();
    lab.settle().await;
    let bye = client.poll(1).await?;
    assert_eq!(
        (
            frames(&bye.text())[0][0].as_str(),
            bye.headers.get("salon-last").is_some_and(|it| it == "2")
        ),
        (Some("salon:bye"), true)
    );
    let again = client.poll(1).await?;
    assert_eq!(
        (again.status.as_u16(), again.text()),
        (200, bye.text()),
        "it has not said that it has 2"
    );
}

/// A media type is compared without regard to case (RFC 9110, section 8.3.1), and one of no weight is not
/// acceptable (12.4.2).
#[salon::test]
async fn accept_is_read_as_http_has_it() {
    let lab = lab().await?;
    let mut wrong = Vec::new();
    for (accept, polls) in [
        ("application/x-ndjson", true),
        ("Application/X-NDJSON", true),
        ("text/event-stream, application/x-ndjson;q=0", false),
        ("application/x-ndjson-not", false),
    ] {
        let visitor = lab.visitor().header("accept", accept).header("authorization", ADA);
        // A stream is not answered to its end.
        let opened = visitor.request(Method::GET, "/salon/events", "").await;
        let is_poll = matches!(&opened, Ok(it) if it.headers.get("content-type").is_some_and(|it| it == NDJSON));
        if is_poll != polls {
            wrong.push(accept);
        }
    }
    let lines = lab.visitor().header("accept", "text/html").header("accept", NDJSON);
    let opened = lines.header("authorization", ADA).request(Method::GET, "/salon/events", "").await;
    if !matches!(&opened, Ok(it) if it.headers.get("content-type").is_some_and(|it| it == NDJSON)) {
        wrong.push("two lines");
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[salon::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let lab = lab().await?;
    let client = Poller::open(&lab).await?;
    let mut without = Vec::new();
    for (method, target) in [
        (Method::HEAD, "/salon/events"),
        (Method::PUT, "/salon/events"),
        (Method::GET, "/salon/send"),
    ] {
        let visitor =
            lab.visitor().header("accept", NDJSON).header("salon-session", &client.secret);
        let refused = visitor.request(method.clone(), target, "").await?;
        assert_eq!(refused.status, 405);
        if !refused.headers.contains_key("allow") {
            without.push((method, target));
        }
    }
    assert!(without.is_empty(), "RFC 9110, 15.5.6: {without:?}");
}

/// What the app lets pages of other origins read.
#[salon::test]
async fn headers_that_the_app_exposes_stay_exposed() {
    let lab = lab_with(|it| {
        it.headers(|_| {
            vec![("access-control-expose-headers".to_owned(), "x-request-id".to_owned())]
        })
    })
    .await?;
    let visitor = lab.visitor().header("accept", NDJSON).header("authorization", ADA);
    let opened = visitor.request(Method::GET, "/salon/events", "").await?;
    let exposed: Vec<_> = opened.headers.get_all("access-control-expose-headers").collect();
    let exposed = format!("{exposed:?}");
    assert!(exposed.contains("salon-last") && exposed.contains("x-request-id"), "{exposed}");
}

/// A client that opens, says what it has to say, and goodbye.
#[salon::test]
async fn a_goodbye_in_the_opening_is_no_error_of_the_server() {
    let lab = lab().await?;
    for accept in [NDJSON, "text/event-stream"] {
        let visitor = lab.visitor().header("accept", accept);
        let body = "[\"salon:connect\",{\"token\":\"token-ada\"}]\n[1,\"count\"]\n[\"salon:bye\"]";
        let opened = visitor.request(Method::POST, "/salon/events", body).await?;
        assert!(opened.status.as_u16() < 500, "{accept}: {} {}", opened.status, opened.text());
    }
}

#[salon::test]
async fn one_that_does_not_poll_overflows_and_is_told() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_outbox_bytes = 10_000)).await?;
    let client = Poller::open(&lab).await?;
    for seq in 1..=100 {
        let visitor = lab.visitor().header("salon-session", &client.secret);
        let visitor = visitor.header("salon-seq", &seq.to_string());
        let flood = r#"["flood",{"bytes":5000,"times":1}]"#;
        if visitor.request(Method::POST, "/salon/send", flood).await?.status != 202 {
            break;
        }
        lab.settle().await;
    }
    let bye = client.poll(1).await?;
    assert_eq!(frames(&bye.text())[0][1]["code"], "overflow", "{}", bye.text());
}

/// What the app ends is told alike, however its client is told.
#[salon::test]
async fn an_end_is_told_to_who_polls_as_to_others() {
    let lab = lab().await?;
    let mut unlike = Vec::new();
    for how in ["disconnect", "close", "hang_up"] {
        let end = format!("[\"end\",{{\"how\":\"{how}\"}}]");
        let client = Plain::come(&lab, "token-ada").await?;
        client.sends(&end);
        lab.settle().await;
        let told = match client.0.closed().await.close_code {
            Some(code) => code.to_string(),
            None => "nothing".to_owned(),
        };
        let mut client = Poller::open(&lab).await?;
        client.post(&end).await?;
        let polled = client.poll(1).await?;
        unlike.push(format!("{how}: websocket {told}, poll {} {}", polled.status, polled.text()));
    }
    assert!(unlike[0].contains("4410") && unlike[0].contains("disconnected"), "{unlike:?}");
    assert!(unlike[2].contains("4500") && unlike[2].contains("internal"), "{unlike:?}");
}

#[salon::test]
async fn whoever_leaves_while_it_is_asked_who_it_is_leaves_nothing() {
    let lab = lab().await?;
    let visitor = lab.visitor().header("accept", NDJSON);
    let slow = "[\"salon:connect\",{\"token\":\"slow-ada\"}]";
    let opened = visitor.request(Method::POST, "/salon/events", slow).await;
    assert!(matches!(opened, Err(ConnectError::Unanswered(_))));
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

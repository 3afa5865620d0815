//! Events that come again while they are handled: they wait, and are told what became of the first.
//!
//! It must never leave one of them without an answer, whatever becomes of the first.

use std::time::Duration;

use salon::{
    Code, Count, Refusal,
    auth::{What, Who},
    testing::{Lab, Sent, for_seeds},
};

use crate::{
    shop::{
        LATE, SLOW, Shop, come, come_to, enter, ordered, shop, shop_in_order_of, transfer, wrap,
    },
    table::code,
};

/// How long a handler has for its answer.
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_duplicate_that_comes_while_the_first_is_handled_gets_its_answer() {
    for_seeds(0..10, async |seed| {
        for way in ["well", "told"] {
            let (lab, runs) = shop_in_order_of(seed, |builder| builder).await;
            let (phone, desk) = (come_to(&lab, 0, "ada").await?, come_to(&lab, 1, "ada").await?);
            for client in [&phone, &desk] {
                client.send(enter()).await?;
            }
            let wraps = [&phone, &phone, &desk].map(|client| client.send(wrap("a", way)));
            let transfers = [&phone, &desk, &desk].map(|client| client.send(transfer(7, way)));
            lab.settle().await;
            lab.advance(SLOW).await;
            let (mut wrapped, mut transferred) = (Vec::new(), Vec::new());
            for (wrap, transfer) in wraps.into_iter().zip(transfers) {
                wrapped.push(wrap.await?);
                transferred.push(transfer.await?);
            }
            assert!(wrapped.iter().all(|run| *run == wrapped[0]), "{wrapped:?}");
            assert!(transferred.iter().all(|run| *run == transferred[0]), "{transferred:?}");
            assert_eq!(runs.count(), 4);
            assert_eq!(lab.counters().get(Count::DuplicatesAnswered), 4);
            assert_eq!(ordered(&desk).await, usize::from(way == "told"));
        }
        Ok(())
    });
}

/// Ways in which something comes to nothing, what is said of it, and after which time.
const NOTHINGS: [(&str, Code, Duration); 4] = [
    ("panics first", Code::Internal, SLOW),
    ("broken first", Code::Internal, SLOW),
    ("busy first", Code::RateLimited, SLOW),
    ("hangs first", Code::Timeout, LIMIT),
];

/// Sends an event twice, which comes to nothing, and again.
async fn send_what_comes_to_nothing(
    lab: &Lab,
    send: impl Fn() -> Sent<u64>,
    (way, refused, after): (&str, Code, Duration),
) -> Result<u64, Refusal> {
    let both = [send(), send()];
    lab.advance(after).await;
    for answer in both {
        assert_eq!(code(answer.await), refused, "{way}");
    }
    // What hangs is given up by then.
    lab.advance(LIMIT).await;
    let again = send();
    lab.advance(SLOW).await;
    again.await
}

#[salon::test]
async fn whoever_waits_for_what_comes_to_nothing_is_refused_and_may_send_it_again() {
    for nothing in NOTHINGS {
        let (lab, runs) = shop(|builder| builder).await;
        let ada = come(&lab, "ada").await?;
        ada.send(enter()).await?;
        let way = nothing.0;
        let send = || ada.send(wrap("a", way));
        let wrapped = send_what_comes_to_nothing(&lab, send, nothing).await;
        assert_eq!((wrapped?, runs.count()), (3, 3), "{way}");
    }
}

#[salon::test]
async fn so_is_whoever_waits_for_it_in_a_session() {
    for nothing in NOTHINGS {
        let (lab, runs) = shop(|builder| builder).await;
        let ada = come(&lab, "ada").await?;
        let send = || ada.send(transfer(7, nothing.0));
        let transferred = send_what_comes_to_nothing(&lab, send, nothing.clone()).await;
        assert_eq!((transferred?, runs.count()), (2, 2), "{}", nothing.0);
    }
}

/// Sends an event whose answer is late, and again while it is under way and after that.
async fn send_what_is_late(lab: &Lab, send: impl Fn() -> Sent<u64>) -> Result<u64, Refusal> {
    let late = send();
    lab.advance(LIMIT).await;
    assert_eq!(code(late.await), Code::Timeout);
    let waiting = send();
    lab.advance(LATE - LIMIT).await;
    let answered = waiting.await?;
    assert_eq!(send().await?, answered);
    Ok(answered)
}

#[salon::test]
async fn an_answer_that_is_late_is_still_that_of_what_is_sent_again() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    assert_eq!(send_what_is_late(&lab, || ada.send(wrap("a", "is late first"))).await?, 2);
    assert_eq!(runs.count(), 2);
}

#[salon::test]
async fn so_it_is_in_a_session() {
    let (lab, runs) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    assert_eq!(send_what_is_late(&lab, || ada.send(transfer(7, "is late first"))).await?, 1);
    assert_eq!(runs.count(), 1);
}

#[salon::test]
async fn whoever_waits_for_somebody_who_goes_is_refused_and_may_send_it_again() {
    let (lab, runs) = shop(|builder| builder).await;
    let (phone, desk) = (come(&lab, "ada").await?, come(&lab, "ada").await?);
    let first = phone.send(transfer(7, "well"));
    lab.settle().await;
    let second = desk.send(transfer(7, "well"));
    lab.settle().await;
    phone.close();
    assert_eq!(code(first.await), Code::Disconnected);
    assert_eq!(code(second.await), Code::Disconnected);
    let again = desk.send(transfer(7, "well"));
    lab.advance(SLOW).await;
    assert_eq!(again.await?, 1);
    assert_eq!(runs.count(), 1);
}

/// Takes the shop away from ada.
async fn revoke(lab: &Lab) {
    let salon = lab.salon().clone();
    let revoke = async move { salon.revoke(Who::user("ada"), What::room("shop:1")).await };
    assert_eq!(lab.drive(revoke).await.memberships, 2);
}

#[salon::test]
async fn whoever_loses_its_right_while_it_waits_is_answered_nothing_of_the_room() {
    let (lab, runs) = shop(|builder| builder).await;
    let clients = [come_to(&lab, 0, "ada").await?, come_to(&lab, 1, "ada").await?];
    for client in &clients {
        client.send(enter()).await?;
    }
    let sent = clients.each_ref().map(|client| client.send(wrap("a", "well")));
    lab.settle().await;
    revoke(&lab).await;
    lab.advance(SLOW).await;
    for answer in sent {
        assert_eq!(code(answer.await), Code::Lapsed);
    }
    assert_eq!(code(clients[0].send(wrap("a", "well")).await), Code::NotAMember);
    // It was handled all the same, and is not again.
    clients[0].send(enter()).await?;
    assert_eq!(clients[0].send(wrap("a", "well")).await?, 3);
    assert_eq!(runs.count(), 4);
}

#[salon::test]
async fn that_another_session_has_lost_its_right_concerns_nobody_who_waits() {
    let (lab, runs) = shop(|builder| builder).await;
    let (phone, desk) = (come(&lab, "ada").await?, come(&lab, "ada").await?);
    for client in [&phone, &desk] {
        client.send(enter()).await?;
    }
    let first = phone.send(wrap("a", "told"));
    lab.settle().await;
    let second = desk.send(wrap("a", "told"));
    lab.settle().await;
    let id = phone.id().ok_or("it is connected")?;
    assert!(lab.drive(lab.salon().room::<Shop>(&1).evict(&id)).await);
    lab.advance(SLOW).await;
    assert_eq!(code(first.await), Code::NotAMember);
    assert_eq!(code(second.await), Code::Disconnected);
    let again = desk.send(wrap("a", "told"));
    lab.advance(SLOW).await;
    assert_eq!((again.await?, runs.count()), (4, 4));
}

#[salon::test]
async fn so_many_duplicates_wait_and_no_more() {
    let (lab, runs) = shop(|builder| builder.limits(|limits| limits.max_once_waiting = 1)).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    let wraps = [(); 3].map(|()| ada.send(wrap("a", "well")));
    let transfers = [(); 3].map(|()| ada.send(transfer(7, "well")));
    lab.advance(SLOW).await;
    for sent in [wraps, transfers] {
        let mut answers = Vec::new();
        for answer in sent {
            answers.push(answer.await);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(code(answers.remove(2)), Code::LimitExceeded);
    }
    assert_eq!(runs.count(), 3);
}

//! How much is kept of events with keys: for how long, how many, how much of each user.
//!
//! It must never look at what is kept: what was forgotten is handled again.

use std::time::Duration;

use salon::{Code, Count, testing::Client};

use crate::{
    shop::{Print, SLOW, come, enter, order, pay, shop, transfer},
    table::code,
};

/// How long an answer is kept, unless a test says otherwise.
const WINDOW: Duration = Duration::from_secs(600);

const MILLISECOND: Duration = Duration::from_millis(1);

#[salon::test]
async fn what_is_kept_is_kept_for_the_window_and_no_longer() {
    let (lab, _) = shop(|builder| builder).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter()).await?;
    assert_eq!((ada.send(order("a")).await?, ada.send(pay(7)).await?), (2, 3));
    lab.advance(WINDOW - MILLISECOND).await;
    assert_eq!((ada.send(order("a")).await?, ada.send(pay(7)).await?), (2, 3));
    lab.advance(MILLISECOND).await;
    assert_eq!((ada.send(order("a")).await?, ada.send(pay(7)).await?), (4, 5));
}

#[salon::test]
async fn of_too_many_answers_to_one_user_its_own_oldest_goes() {
    let (lab, runs) = shop(|builder| builder.limits(|limits| limits.max_once_per_user = 2)).await;
    let (ada, eve) = (come(&lab, "ada").await?, come(&lab, "eve").await?);
    for client in [&ada, &eve] {
        client.send(enter()).await?;
    }
    assert_eq!((eve.send(order("a")).await?, eve.send(pay(1)).await?), (3, 4));
    for id in 1..=3 {
        ada.send(order(&id.to_string())).await?;
        ada.send(pay(id)).await?;
    }
    assert_eq!(runs.count(), 10);
    assert_eq!((eve.send(order("a")).await?, eve.send(pay(1)).await?), (3, 4));
    for id in 2..=3 {
        ada.send(order(&id.to_string())).await?;
        ada.send(pay(id)).await?;
    }
    assert_eq!(runs.count(), 10);
    assert_eq!(lab.counters().get(Count::AnswersPushedOut), 2);
    assert_eq!((ada.send(order("1")).await?, ada.send(pay(1)).await?), (11, 12));
    assert_eq!(lab.counters().get(Count::AnswersPushedOut), 4);
    let transcript = lab.transcript();
    let warned = transcript.traced().filter(|line| line.contains("max_once_")).count();
    assert_eq!(warned, 2, "once for the room, and once for the sessions");
}

#[salon::test]
async fn of_too_many_answers_the_oldest_goes() {
    let few = |limits: &mut salon::config::Limits| {
        (limits.max_once_in_room, limits.max_once_in_sessions) = (2, 2);
    };
    let (lab, runs) = shop(|builder| builder.limits(few)).await;
    let clients = [come(&lab, "ada").await?, come(&lab, "eve").await?, come(&lab, "bob").await?];
    for client in &clients {
        client.send(enter()).await?;
        client.send(order("a")).await?;
        client.send(pay(1)).await?;
    }
    for client in &clients[1..] {
        client.send(order("a")).await?;
        client.send(pay(1)).await?;
    }
    assert_eq!(runs.count(), 9);
    assert_eq!(clients[0].send(order("a")).await?, 10);
    assert_eq!(clients[0].send(pay(1)).await?, 11);
}

#[salon::test]
async fn of_too_many_bytes_the_oldest_answers_go_and_those_of_one_user_first() {
    let few = |limits: &mut salon::config::Limits| {
        (limits.max_once_bytes, limits.max_once_bytes_per_user) = (5_000, 2_500);
    };
    let (lab, runs) = shop(|builder| builder.limits(few)).await;
    let clients = [come(&lab, "ada").await?, come(&lab, "eve").await?, come(&lab, "bob").await?];
    let [ada, eve, bob] = clients.each_ref();
    let print = async |client: &Client, id| client.send(Print(id, 1_000)).await;
    for (client, ids) in [(ada, 1..=2), (eve, 1..=3)] {
        for id in ids {
            print(client, id).await?;
        }
    }
    assert_eq!(runs.count(), 5);
    for (client, id) in [(ada, 1), (ada, 2), (eve, 2), (eve, 3)] {
        print(client, id).await?;
    }
    assert_eq!(runs.count(), 5, "eve has pushed out nobody but herself");
    print(bob, 1).await?;
    print(ada, 2).await?;
    assert_eq!(runs.count(), 6);
    print(ada, 1).await?;
    assert_eq!(runs.count(), 7, "hers was the oldest of all");
    for runs_then in [8, 9] {
        bob.send(Print(2, 3_000)).await?;
        assert_eq!(runs.count(), runs_then, "it is more than anybody may have");
    }
}

#[salon::test]
async fn what_is_under_way_is_not_given_up_for_what_comes() {
    let few = |limits: &mut salon::config::Limits| limits.max_once_per_user = 1;
    let (lab, _) = shop(|builder| builder.limits(few)).await;
    let ada = come(&lab, "ada").await?;
    let first = ada.send(transfer(1, "well"));
    lab.settle().await;
    assert_eq!(code(ada.send(transfer(2, "well")).await), Code::LimitExceeded);
    let again = ada.send(transfer(1, "well"));
    lab.advance(SLOW).await;
    assert_eq!((first.await?, again.await?), (1, 1));
}

//! What a client has put off while it was away comes before anything by which it joins.

use std::time::Duration;

use salon::{
    Code,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};

use crate::chat::{Join, Say, To, come, join, joined, lab, said, say};

fn words(text: u64) -> Say {
    Say { room: "a".into(), text: text.to_string(), to: To::All }
}

/// A member that was cut off, and is connected again and no member yet.
async fn back(lab: &Lab, wire: Wire) -> Result<Client, Failure> {
    let ada = come(lab, wire, "ada").await?;
    join(&ada).await?;
    joined(&ada).await;
    ada.reset();
    lab.settle().await;
    say(lab, 1..=3).await;
    ada.resume().await?;
    Ok(ada)
}

#[test]
fn it_is_handled_once_its_sender_is_a_member_again_and_in_the_order_sent() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let ada = back(&lab, wire).await?;
            let early = [ada.send(words(4)), ada.send(words(5))];
            lab.settle().await;
            let joining = ada.send(Join { room: "a".into() });
            let late = ada.send(words(6));
            assert!(joining.await?.resumed);
            for (sent, number) in early.into_iter().chain([late]).zip(4..) {
                assert_eq!(sent.await?, number, "{wire:?}");
            }
            assert_eq!(said(&ada).await, (1..=6).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn it_waits_for_a_room_that_is_not_open_as_well() {
    let lab = lab(0, |_| {}).await?;
    let seen = serde_json::json!({ "chat:a": { "epoch": "b7a01f93c2", "seq": 12 } });
    let auth = serde_json::json!({ "name": "ada", "salon": { "after": seen } });
    let ada = lab.visitor().auth(auth).connect().await?;
    let early = ada.send(words(1));
    assert!(!join(&ada).await?.resumed);
    assert_eq!(early.await?, 1);
}

#[salon::test]
async fn who_does_not_join_in_time_is_no_member_and_what_else_it_sends_is_not_held_up() {
    for wire in Wire::ALL {
        let lab = lab(0, |_| {}).await?;
        let ada = back(&lab, wire).await?;
        let early = ada.send(words(4));
        // Of this room it has said nothing.
        let other = Say { room: "b".into(), ..words(5) };
        assert_eq!(ada.send(other).await.expect_err("no member").code(), &Code::NotAMember);
        lab.advance(Duration::from_secs(10)).await;
        assert_eq!(early.await.expect_err("no member").code(), &Code::NotAMember, "{wire:?}");
        assert_eq!(ada.send(words(6)).await.expect_err("no member").code(), &Code::NotAMember);
        assert!(join(&ada).await?.resumed, "what it has seen counts all the same");
        assert_eq!(ada.send(words(7)).await?, 4);
    }
}

#[salon::test]
async fn half_of_what_may_be_in_flight_waits_and_what_comes_beyond_is_to_be_sent_again() {
    for wire in Wire::ALL {
        let lab = lab(0, |limits| limits.max_events_in_flight = 8).await?;
        let ada = back(&lab, wire).await?;
        let early: Vec<_> = (4..8).map(|number| ada.send(words(number))).collect();
        let beyond: Vec<_> = (8..20).map(|number| ada.send(words(number))).collect();
        for refused in beyond {
            let refused = refused.await.expect_err("four wait");
            assert_eq!(refused.code(), &Code::LimitExceeded, "{wire:?}");
            assert!(refused.message().contains("send this again"), "{refused:?}");
        }
        assert!(join(&ada).await?.resumed);
        for (sent, number) in early.into_iter().zip(4..) {
            assert_eq!(sent.await?, number, "{wire:?}: those that waited are handled, in order");
        }
        assert_eq!(ada.send(words(8)).await?, 8);
        assert_eq!(said(&ada).await, (1..=8).collect::<Vec<_>>());
    }
}

#[salon::test]
async fn what_waits_ends_with_its_session() {
    let lab = lab(0, |_| {}).await?;
    let ada = back(&lab, Wire::WebSocket).await?;
    let _early = ada.send(words(4));
    lab.settle().await;
    ada.reset();
    lab.advance(Duration::from_secs(20)).await;
    ada.resume().await?;
    assert!(join(&ada).await?.resumed);
    assert_eq!(said(&ada).await, [1, 2, 3]);
}

//! Events that go to rooms.
//!
//! It must never depend on which worker a room is on: with two of them chance decides.

use salon::{
    Code, Count,
    testing::{Client, Failure, Lab},
};
use serde_json::json;

use crate::table::{
    BELL, Bell, Clear, Flip, Knock, Left, Ring, SLOW, Said, Say, Sit, Stand, Table, Think,
    ThrowOut, code, come, salon,
};

fn say(table: u64, text: &str) -> Say {
    Say { table, text: text.to_owned() }
}

fn left(name: &str) -> Left {
    Left { name: name.to_owned() }
}

/// A lab of two workers, where Ada and Bob sit at table 1.
async fn ada_and_bob() -> Result<(Lab, Client, Client), Failure> {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    assert_eq!(ada.send(Sit { table: 1 }).await?, ["ada"]);
    assert_eq!(bob.send(Sit { table: 1 }).await?, ["ada", "bob"]);
    Ok((lab, ada, bob))
}

/// A lab of one worker, with Ada.
async fn ada() -> Result<(Lab, Client), Failure> {
    let lab = Lab::new(salon()).await;
    let ada = come(&lab, "ada").await?;
    Ok((lab, ada))
}

#[salon::test]
async fn who_joins_is_a_member_and_gets_what_is_broadcast_from_then_on() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    assert_eq!(ada.send(Sit { table: 1 }).await?, ["ada"]);
    assert_eq!(ada.send(say(1, "alone")).await?, 1);
    assert_eq!(bob.send(Sit { table: 1 }).await?, ["ada", "bob"]);
    ada.emit(say(1, "hello"));
    let heard = Said { number: 2, by: "ada".to_owned(), text: "hello".to_owned() };
    assert_eq!(bob.expect::<Said>().await, heard);
    bob.expect_none().await;
}

#[salon::test]
async fn only_members_may_send_and_a_refused_join_makes_no_member() {
    let (lab, ada) = ada().await?;
    assert_eq!(code(ada.send(say(1, "hello")).await), Code::NotAMember);
    let ruffian = come(&lab, "ruffian").await?;
    assert_eq!(code(ruffian.send(Sit { table: 1 }).await), Code::Forbidden);
    assert_eq!(code(ruffian.send(say(1, "hello")).await), Code::NotAMember);
}

#[salon::test]
async fn an_event_for_members_opens_no_room() {
    let (lab, ada) = ada().await?;
    for table in 0..50 {
        assert_eq!(code(ada.send(say(table, "anyone?")).await), Code::NotAMember);
    }
    assert_eq!(lab.counters().get(Count::RoomsOpened), 0);
}

#[salon::test]
async fn a_join_that_is_refused_later_leaves_no_member() {
    let (_lab, ada) = ada().await?;
    let knock = |password: &str| Knock { table: 1, password: password.to_owned() };
    for (password, refused) in [("open up", Code::Forbidden), ("panic", Code::Internal)] {
        assert_eq!(code(ada.send(knock(password)).await), refused);
        assert_eq!(code(ada.send(say(1, "hello")).await), Code::NotAMember);
    }
    ada.send(knock("please")).await?;
    assert_eq!(ada.send(say(1, "hello")).await?, 1);
}

#[salon::test]
async fn a_room_that_does_not_open_refuses_and_is_no_room() {
    let (lab, ada) = ada().await?;
    for _ in 0..3 {
        assert_eq!(code(ada.send(Sit { table: 13 }).await), Code::NotFound);
        assert_eq!(code(ada.send(Sit { table: 14 }).await), Code::Internal);
    }
    lab.settle().await;
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(ada.send(Sit { table: 15 }).await?, ["ada"]);
    assert_eq!(lab.salon().open_rooms(), 1);
}

#[salon::test]
async fn who_leaves_gets_nothing_more_and_the_others_are_told() {
    let (_lab, ada, bob) = ada_and_bob().await?;
    bob.send(Stand { table: 1 }).await?;
    assert_eq!(ada.expect::<Left>().await, left("bob"));
    assert_eq!(ada.send(say(1, "at last")).await?, 1);
    bob.expect_none().await;
    assert_eq!(code(bob.send(say(1, "still here")).await), Code::NotAMember);
}

#[salon::test]
async fn a_member_whose_connection_ends_has_left() {
    let (_lab, ada, bob) = ada_and_bob().await?;
    drop(bob);
    assert_eq!(ada.expect::<Left>().await, left("bob"));
}

#[salon::test]
async fn who_is_evicted_is_told_and_is_out() {
    let (_lab, ada, bob) = ada_and_bob().await?;
    ada.send(ThrowOut { table: 1, name: "bob".to_owned() }).await?;
    let evicted = bob.expect_named("salon:evicted").await;
    assert_eq!(evicted.json(), [json!({ "room": "table:1", "code": "evicted" })]);
    assert_eq!(code(bob.send(say(1, "but")).await), Code::NotAMember);
    bob.expect_none().await;
}

#[salon::test]
async fn a_room_that_closes_itself_tells_its_members_so() {
    let (_lab, ada, bob) = ada_and_bob().await?;
    ada.send(Clear { table: 1 }).await?;
    for member in [&ada, &bob] {
        let evicted = member.expect_named("salon:evicted").await.json();
        assert_eq!(evicted, [json!({ "room": "table:1", "code": "closed" })]);
    }
    assert_eq!(bob.send(Sit { table: 1 }).await?, ["bob"]);
}

#[salon::test]
async fn a_panic_restarts_the_room_alone_and_its_members_are_told() {
    let (lab, ada, bob) = ada_and_bob().await?;
    let eve = come(&lab, "eve").await?;
    eve.send(Sit { table: 2 }).await?;
    assert_eq!(code(ada.send(Flip { table: 1 }).await), Code::Internal);
    for member in [&ada, &bob] {
        let restarted = member.expect_named("salon:restarted").await;
        assert_eq!(restarted.json()[0]["room"], "table:1");
        member.expect_none().await;
    }
    assert_eq!(eve.send(say(2, "what was that?")).await?, 1);
    assert_eq!(bob.send(Sit { table: 1 }).await?, ["ada", "bob"]);
}

#[salon::test]
async fn a_room_answers_later_and_its_timers_come_back_as_messages_on_time() {
    let (lab, ada) = ada().await?;
    ada.send(Sit { table: 1 }).await?;
    let thought = ada.send(Think { table: 1 });
    assert_eq!(lab.advance_to_next_timer().await, Some(SLOW));
    assert_eq!(thought.await?, "0 things were said");
    ada.send(Ring { table: 1 }).await?;
    ada.expect_none().await;
    lab.advance(BELL).await;
    assert_eq!(ada.expect::<Bell>().await, Bell);
}

#[salon::test]
async fn the_application_broadcasts_in_a_room_from_outside() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    ada.send(Sit { table: 1 }).await?;
    lab.drive(lab.salon().room::<Table>(&1).broadcast(&Bell)).await;
    assert_eq!(ada.expect::<Bell>().await, Bell);
    lab.drive(lab.salon().room::<Table>(&99).broadcast(&Bell)).await;
    ada.expect_none().await;
    assert_eq!(lab.salon().open_rooms(), 1, "a broadcast opens no room");
}

//! Rooms whose code panics: opened anew with their members, or closed.

use std::sync::atomic::Ordering;

use salon::{
    At, Code, Count,
    prelude::*,
    testing::{Client, Failure, Lab},
};
use serde_json::json;

use crate::vault::{
    AnswerBadly, Boom, Closing, CountUp, Deed, Do, Enter, Glass, Hold, Left, Opened, Ring, SECOND,
    Shared, Vault,
};

/// A lab with two members of vault 1, which counts 1.
async fn lab() -> Result<(Lab, Shared, Client, Client), Failure> {
    let shared = Shared::default();
    let salon = Salon::builder().room::<Vault>().room::<Glass>().data(shared.clone()).build()?;
    let lab = Lab::new(salon).await;
    let (a, b) = (lab.connect(()).await?, lab.connect(()).await?);
    for client in [&a, &b] {
        client.send(Enter { vault: 1 }).await?;
    }
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1);
    Ok((lab, shared, a, b))
}

fn deed(deed: Deed) -> Do {
    Do { vault: 1, deed }
}

async fn told(client: &Client, event: &str) -> serde_json::Value {
    client.expect_named(event).await.json().remove(0)
}

#[salon::test]
async fn a_room_that_panics_is_opened_anew_with_its_members() {
    let (lab, shared, a, b) = lab().await?;
    let refused = a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    assert_eq!(*refused.code(), Code::Internal);
    for member in [&a, &b] {
        let events = member.events().await;
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["salon:restarted", "vault:opened"], "in this order");
        let beginning = events[0].position.as_ref().expect("where the new order begins");
        assert_eq!((beginning.room.as_str(), beginning.at), ("vault:1", At::After(0)));
        let opened = events[1].position.as_ref().expect("where it is in the new order");
        assert_eq!((&opened.epoch, opened.at), (&beginning.epoch, At::Seq(1)));
        assert_eq!(events[1].json(), [json!({ "members": 2 })]);
    }
    assert_eq!(b.send(CountUp { vault: 1 }).await?, 1, "a member still, of a room that is new");
    assert_eq!(shared.0.opened.load(Ordering::Relaxed), 2);
    assert_eq!(shared.0.departures.load(Ordering::Relaxed), 0);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 1);
    assert_eq!(lab.counters().get(Count::RoomsOpened), 1);
    assert_eq!(lab.salon().open_rooms(), 1);
}

#[salon::test]
async fn a_panic_counts_wherever_it_is() {
    for place in [Deed::Timer, Deed::Future, Deed::Left, Deed::EvictAndPanic] {
        let (lab, _, a, b) = lab().await?;
        a.emit(deed(place));
        lab.advance(2 * SECOND).await;
        assert_eq!(told(&b, "salon:restarted").await["room"], "vault:1", "{place:?}");
        assert_eq!(lab.counters().get(Count::HandlerPanics), 1, "{place:?}");
        assert_eq!(lab.counters().get(Count::RoomsRestarted), 1, "{place:?}");
    }
    let (lab, _, a, b) = lab().await?;
    let refused = a.send(AnswerBadly { vault: 1 }).await.expect_err("its answer panicked");
    assert_eq!(*refused.code(), Code::Internal);
    told(&b, "salon:restarted").await;
    lab.salon().room::<Vault>(&1).open_and_tell(Boom)?;
    told(&b, "salon:restarted").await;
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 2);
}

#[salon::test]
async fn what_a_handler_asked_for_before_it_panicked_is_not_done() {
    let (lab, _, a, _b) = lab().await?;
    a.send(deed(Deed::EvictAndPanic)).await.expect_err("its handler panicked");
    lab.advance(5 * SECOND).await;
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1, "not evicted");
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1, "and no timer came");
}

#[salon::test]
async fn timers_and_futures_of_the_old_state_do_not_reach_the_new_one() {
    let (lab, _, a, _b) = lab().await?;
    a.send(deed(Deed::Mine)).await?;
    a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    lab.advance(5 * SECOND).await;
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1);
}

#[salon::test]
async fn who_was_to_leave_when_the_room_panicked_has_left() {
    let (lab, _, a, b) = lab().await?;
    a.send(deed(Deed::Left)).await?;
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 1);
    let refused = a.send(CountUp { vault: 1 }).await.expect_err("it asked to leave");
    assert_eq!(*refused.code(), Code::NotAMember);
    assert_eq!(b.expect::<Opened>().await, Opened { members: 1 });
}

#[salon::test]
async fn an_event_that_panicked_makes_no_member() {
    let (lab, shared, a, _b) = lab().await?;
    for vault in [13, 14] {
        let refused = a.send(Enter { vault }).await.expect_err("its handling panicked");
        assert_eq!(*refused.code(), Code::Internal);
        let refused = a.send(CountUp { vault }).await.expect_err("it is no member");
        assert_eq!(*refused.code(), Code::NotAMember);
    }
    a.expect_none_of::<Opened>().await;
    assert_eq!(shared.0.departures.load(Ordering::Relaxed), 0, "no state knew it");
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 2);
    lab.advance(10 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 1, "the empty ones are closed");
}

#[salon::test]
async fn an_answer_that_was_on_its_way_still_comes_after_a_restart() {
    let (lab, _, a, _b) = lab().await?;
    let c = lab.connect(()).await?;
    let rung = c.send(Ring { vault: 1 });
    a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    lab.advance(2 * SECOND).await;
    rung.await?;
    assert_eq!(c.send(CountUp { vault: 1 }).await?, 1);
}

#[salon::test]
async fn a_room_that_panics_too_often_is_closed_and_its_members_are_told() {
    let (lab, shared, a, b) = lab().await?;
    for _ in 0..2 {
        a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    }
    assert_eq!(lab.salon().open_rooms(), 1);
    a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    for member in [&a, &b] {
        let evicted = json!({ "room": "vault:1", "code": "internal" });
        assert_eq!(told(member, "salon:evicted").await, evicted);
    }
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 2);
    assert_eq!(shared.0.departures.load(Ordering::Relaxed), 0);
    let refused = a.send(CountUp { vault: 1 }).await.expect_err("out");
    assert_eq!(*refused.code(), Code::NotAMember);
    a.send(Enter { vault: 1 }).await?;
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1, "another room, which may panic as often");
    a.reset();
    assert_eq!(a.closed().await.code, Code::Disconnected, "the eviction was about the room");
}

#[salon::test]
async fn panics_that_are_further_apart_than_the_period_do_not_add_up() {
    let (lab, _, a, _b) = lab().await?;
    for _ in 0..10 {
        a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
        lab.advance(5 * SECOND).await;
    }
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 10);
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1);
}

#[salon::test]
async fn a_room_that_does_not_open_again_is_closed() {
    for (jam, code) in [(1, "jammed"), (2, "internal")] {
        let (lab, shared, a, b) = lab().await?;
        shared.0.jam.store(jam, Ordering::Relaxed);
        let refused = a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
        assert_eq!(*refused.code(), Code::Internal);
        for member in [&a, &b] {
            let evicted = json!({ "room": "vault:1", "code": code });
            assert_eq!(told(member, "salon:evicted").await, evicted);
        }
        assert_eq!(lab.salon().open_rooms(), 0);
        assert_eq!(lab.counters().get(Count::RoomsRestarted), 0);
    }
}

#[salon::test]
async fn a_state_that_panics_while_it_is_dropped_harms_nobody() {
    let (lab, shared, a, b) = lab().await?;
    shared.0.explosive.store(1, Ordering::Relaxed);
    a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    told(&b, "salon:restarted").await;
    assert_eq!(b.send(CountUp { vault: 1 }).await?, 1);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 2);
    b.send(deed(Deed::Close)).await?;
    told(&b, "salon:evicted").await;
    a.send(Enter { vault: 1 }).await?;
    assert_eq!(a.send(CountUp { vault: 1 }).await?, 1);
    shared.0.explosive.store(0, Ordering::Relaxed);
}

#[salon::test]
async fn a_room_that_is_never_to_restart_closes_at_its_first_panic() {
    let (lab, _, a, b) = lab().await?;
    a.send(Hold { glass: 1 }).await?;
    lab.panic_in::<Hold>();
    b.send(Hold { glass: 1 }).await.expect_err("its handler panicked");
    let evicted = json!({ "room": "glass:1", "code": "internal" });
    assert_eq!(told(&a, "salon:evicted").await, evicted);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 0);
    a.send(Hold { glass: 1 }).await?;
}

#[salon::test]
async fn a_room_that_closes_itself_is_told_first_and_then_of_each_member() {
    let (lab, shared, a, b) = lab().await?;
    a.send(deed(Deed::Close)).await?;
    let code = told(&b, "salon:evicted").await["code"].clone();
    assert_ne!(code, json!("internal"));
    assert_eq!(b.expect::<Closing>().await, Closing { members: 2 });
    assert_eq!(b.expect::<Left>().await, Left { why: "Closed".to_owned(), members: 1 });
    b.expect_none().await;
    assert_eq!(shared.0.departures.load(Ordering::Relaxed), 2);
    assert_eq!(lab.salon().open_rooms(), 0);
    lab.settle().await;
}

#[salon::test]
async fn a_room_whose_closing_panics_is_closed_all_the_same() {
    let (lab, shared, a, b) = lab().await?;
    a.send(deed(Deed::CloseBadly)).await?;
    told(&b, "salon:evicted").await;
    told(&a, "salon:evicted").await;
    assert_eq!(shared.0.departures.load(Ordering::Relaxed), 0, "its state is gone");
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 0);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
}

#[salon::test]
async fn members_may_leave_a_room_that_was_opened_anew() {
    let (_lab, _, a, b) = lab().await?;
    a.send(deed(Deed::Handler)).await.expect_err("its handler panicked");
    a.send(deed(Deed::Leave)).await?;
    assert_eq!(b.expect::<Left>().await, Left { why: "Left".to_owned(), members: 1 });
    b.close();
}

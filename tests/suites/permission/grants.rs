//! Permissions and their grants: when the authority is asked, and when it is not.
//!
//! It must never wait for a grant's end: it says to the millisecond what holds before and after.

use std::time::Duration;

use salon::{
    Code, Count,
    testing::{Client, Failure, Lab},
};
use serde_json::{Value, json};

use crate::{
    clerk::{Desk, MOMENT, reader},
    heard::{NOON, at_noon, code, refusal},
    library::{Enter, Leave, List, Pass, enter, library, read},
};

const MILLISECOND: Duration = Duration::from_millis(1);

/// A library, its desk, and a reader with these rights.
async fn visit(rights: Value) -> Result<(Lab, Desk, Client), Failure> {
    let (salon, desk) = library(|builder| builder);
    let lab = at_noon(salon).await;
    let ada = lab.connect(reader(&rights)).await?;
    Ok((lab, desk, ada))
}

#[salon::test]
async fn a_grant_that_holds_is_not_asked_for_again() {
    let rights = json!({ "list": "Standing", "enter": "Standing", "read": "Standing" });
    let (lab, desk, ada) = visit(rights.clone()).await?;
    for call in 1..=5 {
        assert_eq!(ada.send(List).await?, call);
    }
    assert_eq!(desk.questions(), 1);
    for shelf in 1..=3 {
        assert_eq!(ada.send(enter(shelf)).await?, "standing");
        for _ in 0..3 {
            assert_eq!(ada.send(read(shelf)).await?, "standing");
        }
    }
    assert_eq!(desk.questions(), 7, "one for each permission in each room");
    let eve = lab.connect(reader(&rights)).await?;
    eve.send(List).await?;
    assert_eq!(desk.questions(), 8, "a grant is one session's");
    lab.advance(1_000 * MOMENT).await;
    for client in [&ada, &eve] {
        client.send(List).await?;
    }
    ada.send(read(1)).await?;
    assert_eq!(desk.questions(), 8, "a standing grant has no end");
}

#[salon::test]
async fn a_grant_is_asked_for_again_from_its_end_on_and_not_before() {
    let (lab, desk, ada) = visit(json!({ "list": "Brief" })).await?;
    for asked in 1..=3 {
        ada.send(List).await?;
        assert_eq!(desk.questions(), asked);
        lab.advance(MOMENT - MILLISECOND).await;
        // That it is used does not make it longer.
        ada.send(List).await?;
        assert_eq!(desk.questions(), asked);
        lab.advance(MILLISECOND).await;
    }
}

#[salon::test]
async fn a_refusal_is_asked_for_each_time() {
    let (_lab, desk, ada) = visit(json!({})).await?;
    for asked in 1..=2 {
        let refusal = refusal(ada.send(enter(1)).await);
        assert_eq!(*refusal.code(), Code::Forbidden);
        assert_eq!(refusal.message(), r#"no "enter" in shelf:1"#);
        assert_eq!(desk.questions(), asked);
    }
}

#[salon::test]
async fn a_grant_that_has_ended_before_it_was_given_is_none() {
    let (_lab, desk, ada) = visit(json!({ "list": "Past", "read": "Past" })).await?;
    ada.send(Pass { shelf: 1 }).await?;
    for asked in 1..=2 {
        let refusal = refusal(ada.send(read(1)).await);
        assert_eq!(*refusal.code(), Code::Forbidden);
        assert_eq!(refusal.message(), r#"the permission "read" has ended already"#);
        assert_eq!(desk.questions(), asked);
    }
    assert_eq!(code(ada.send(List).await), Code::Forbidden);
}

#[salon::test]
async fn what_was_granted_in_a_room_is_forgotten_with_the_membership() {
    let (_lab, desk, ada) = visit(json!({ "enter": "Standing", "read": "Standing" })).await?;
    for asked in [2, 4] {
        ada.send(enter(1)).await?;
        ada.send(read(1)).await?;
        assert_eq!(desk.questions(), asked);
        ada.send(Leave { shelf: 1 }).await?;
        // The acknowledgement comes before the leaving; a refusal of the room is behind it.
        assert_eq!(code(ada.send(Leave { shelf: 1 }).await), Code::NotAMember);
    }
}

#[salon::test]
async fn a_room_knows_the_grant_by_which_a_member_is_in_it() {
    let (_lab, _, ada) = visit(json!({ "enter": "Brief", "read": "Standing" })).await?;
    ada.send(Pass { shelf: 1 }).await?;
    assert_eq!(ada.send(read(1)).await?, "none");
    let brief = format!("until {}", (NOON + MOMENT).as_secs());
    assert_eq!(ada.send(enter(1)).await?, brief);
    assert_eq!(ada.send(read(1)).await?, brief);
}

#[salon::test]
async fn the_grants_of_a_session_are_limited_and_the_oldest_goes() {
    let (salon, desk) = library(|builder| builder.limits(|limits| limits.max_grants = 2));
    let lab = Lab::new(salon).await;
    let ada = lab.connect(reader(&json!({ "enter": "Standing" }))).await?;
    for (shelf, asked) in [(1, 1), (2, 2), (1, 2), (3, 3), (2, 3), (1, 4), (3, 4), (2, 5)] {
        ada.send(enter(shelf)).await?;
        assert_eq!(desk.questions(), asked, "shelf {shelf}");
    }
}

#[salon::test]
async fn a_refused_join_opens_no_room_and_makes_no_member() {
    let (lab, _, ada) = visit(json!({})).await?;
    assert_eq!(code(ada.send(enter(1)).await), Code::Forbidden);
    let bob = lab.connect(reader(&json!({ "enter": "Standing" }))).await?;
    let muted = Enter { shelf: 1, greeting: "muted".to_owned() };
    assert_eq!(code(bob.send(muted).await).as_str(), "muted");
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::RoomsOpened), 0);
    bob.send(enter(1)).await?;
    assert_eq!(code(ada.send(enter(1)).await), Code::Forbidden);
    assert_eq!(code(ada.send(Leave { shelf: 1 }).await), Code::NotAMember);
    assert_eq!(lab.counters().get(Count::RoomsOpened), 1);
}

#[salon::test]
async fn nobody_is_asked_about_a_room_that_is_not_open() {
    let (lab, desk, ada) = visit(json!({ "read": "Panic" })).await?;
    assert_eq!(code(ada.send(read(1)).await), Code::NotAMember);
    lab.settle().await;
    assert_eq!(desk.questions(), 0);
    assert_eq!(lab.counters().get(Count::RoomsOpened), 0);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 0);
}

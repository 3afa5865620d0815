//! The end of the grant that keeps a member in a room.

use std::time::Duration;

use salon::Code;
use serde_json::json;

use crate::club::{Club, Enter, Evicted, Left, Ring, Rule, SECOND, Said, evicted, lapsed, say};

#[salon::test]
async fn a_grant_that_is_not_renewed_ends_the_membership_and_no_other() {
    let club = Club::open().await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    let (ada, bob) = (club.guest("ada").await?, club.guest("bob").await?);
    for guest in [&ada, &bob] {
        guest.send(Enter { room: 1 }).await?;
    }
    club.lab.advance(30 * SECOND).await;
    // Room 2 is entered later, by a grant that lasts longer.
    club.rules.set("ada", "enter", Rule::For(600 * SECOND));
    ada.send(Enter { room: 2 }).await?;
    club.rules.set("ada", "enter", Rule::Never);
    club.lab.advance(27 * SECOND).await;
    ada.expect_none().await;
    club.lab.advance(SECOND).await;
    let out = Evicted { room: "parlour:1".to_owned(), code: "lapsed".to_owned() };
    assert_eq!(evicted(&ada).await, out, "asked two seconds ahead, and denied");
    assert_eq!(bob.expect::<Left>().await, lapsed("ada"));
    bob.send(say("who hears?")).await?;
    ada.expect_none().await;
    assert!(ada.is_connected());
    ada.send(crate::club::Say { room: 2, text: "alone here".to_owned() }).await?;
    assert_eq!(ada.expect::<Said>().await.text, "alone here");
}

#[salon::test]
async fn a_grant_that_is_renewed_leaves_no_gap() {
    let club = Club::open().await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    for minute in 0..30 {
        guests[1].send(say(&minute.to_string())).await?;
        club.lab.advance(60 * SECOND).await;
        if minute < 29 {
            assert_eq!(guests[0].expect::<Said>().await.text, minute.to_string());
        }
    }
    let asked = club.rules.asked();
    assert!((30..=35).contains(&asked), "once ahead of each end: {asked}");
}

#[salon::test]
async fn an_authority_that_does_not_answer_ends_the_membership_at_the_grants_end() {
    for rule in [Rule::Silent, Rule::Broken] {
        let club = Club::open().await?;
        club.rules.set("ada", "enter", Rule::For(60 * SECOND));
        let guests = club.guests_in_1(&["ada", "bob"]).await?;
        club.rules.set("ada", "enter", rule);
        club.lab.advance(60 * SECOND - Duration::from_millis(1)).await;
        guests[0].expect_none().await;
        club.lab.advance(Duration::from_millis(1)).await;
        assert_eq!(evicted(&guests[0]).await.code, "lapsed");
    }
}

#[salon::test]
async fn a_member_may_come_back_if_the_authority_says_so() {
    let club = Club::open().await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    club.rules.set("ada", "enter", Rule::Never);
    club.lab.advance(60 * SECOND).await;
    evicted(&guests[0]).await;
    let refused = guests[0].send(Enter { room: 1 }).await.expect_err("it is not allowed");
    assert_eq!(*refused.code(), Code::Forbidden);
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    guests[0].send(Enter { room: 1 }).await?;
    guests[1].send(say("welcome back")).await?;
    assert_eq!(guests[0].expect::<Said>().await.text, "welcome back");
}

#[salon::test]
async fn rights_are_asked_about_again_as_often_as_is_set() {
    let club = Club::open_with(1, |builder| {
        builder.lapses(|lapses| lapses.reevaluate_every = Some(60 * SECOND))
    })
    .await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    club.lab.advance(59 * SECOND).await;
    club.rules.set("ada", "enter", Rule::Never);
    guests[0].expect_none().await;
    club.lab.advance(SECOND).await;
    assert_eq!(evicted(&guests[0]).await.code, "lapsed");
    guests[1].expect_none_of::<Said>().await;
    assert_eq!(guests[1].expect::<Left>().await, lapsed("ada"));
}

#[salon::test]
async fn a_room_can_be_asked_about_again_at_once() {
    let club = Club::open_with(3, |builder| builder).await?;
    let guests = club.guests_in_1(&["ada", "bob", "cleo"]).await?;
    guests[0].send(Enter { room: 2 }).await?;
    club.rules.set("ada", "enter", Rule::Never);
    club.rules.set("bob", "enter", Rule::Broken);
    let salon = club.lab.salon().clone();
    club.lab.drive(async move { salon.reevaluate("parlour:1").await }).await;
    assert_eq!(evicted(&guests[0]).await.room, "parlour:1");
    assert_eq!(guests[2].expect::<Left>().await, lapsed("ada"));
    guests[2].send(say("who is left?")).await?;
    assert_eq!(guests[1].expect::<Said>().await.text, "who is left?", "no answer is no answer");
    guests[0].expect_none().await;
    let salon = club.lab.salon().clone();
    club.lab.drive(async move { salon.reevaluate_all().await }).await;
    assert_eq!(evicted(&guests[0]).await.room, "parlour:2");
}

#[salon::test]
async fn a_refresh_that_brings_fewer_rights_is_asked_about() {
    let club = Club::open().await?;
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    club.rules.set("ada", "enter", Rule::Never);
    let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
    let _: serde_json::Value = guests[0].call("salon:refresh", (auth,)).await?;
    assert_eq!(evicted(&guests[0]).await.code, "lapsed");
}

#[salon::test]
async fn a_grant_of_an_event_of_members_gates_that_event_alone() {
    let club = Club::open().await?;
    club.rules.set("ada", "ring", Rule::For(60 * SECOND));
    let guests = club.guests_in_1(&["ada"]).await?;
    guests[0].send(Ring { room: 1 }).await?;
    club.rules.set("ada", "ring", Rule::Never);
    guests[0].send(Ring { room: 1 }).await?;
    club.lab.advance(60 * SECOND).await;
    let refused = guests[0].send(Ring { room: 1 }).await.expect_err("its grant has ended");
    assert_eq!(*refused.code(), Code::Forbidden);
    guests[0].send(say("still here")).await?;
}

#[salon::test]
async fn a_slow_authority_makes_no_identity_late() {
    let club = Club::open().await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    let ada = club.guest_for("ada", 60 * SECOND).await?;
    ada.send(Enter { room: 1 }).await?;
    club.rules.set("ada", "enter", Rule::Silent);
    club.lab.advance(61 * SECOND).await;
    assert!(ada.closed().await.at <= 60 * SECOND);
}

#[salon::test]
async fn each_grant_is_asked_about_ahead_of_its_own_end() {
    let club = Club::open().await?;
    let ada = club.guest("ada").await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    ada.send(Enter { room: 1 }).await?;
    club.lab.advance(SECOND).await;
    ada.send(Enter { room: 2 }).await?;
    // It takes nearly as long as it is asked ahead, for each of the two.
    club.rules.set("ada", "enter", Rule::Slow(Duration::from_millis(1_900)));
    club.lab.advance(120 * SECOND).await;
    ada.expect_none_of::<Left>().await;
    for room in [1, 2] {
        ada.send(crate::club::Say { room, text: "still here".to_owned() }).await?;
    }
}

#[salon::test]
async fn the_end_of_the_grant_of_an_earlier_membership_ends_no_later_one() {
    let club = Club::open().await?;
    club.rules.set("ada", "enter", Rule::For(60 * SECOND));
    let guests = club.guests_in_1(&["ada", "bob"]).await?;
    club.lab.advance(30 * SECOND).await;
    guests[0].send(crate::club::Leave { room: 1 }).await?;
    club.rules.set("ada", "enter", Rule::For(600 * SECOND));
    guests[0].send(Enter { room: 1 }).await?;
    // Whoever is asked from here on says no; at the end of the first grant nobody is.
    club.rules.set("ada", "enter", Rule::Never);
    guests[1].expect::<Left>().await;
    club.lab.advance(500 * SECOND).await;
    guests[1].send(say("still here?")).await?;
    assert_eq!(guests[0].expect::<Said>().await.text, "still here?");
    guests[0].expect_none().await;
    club.lab.advance(100 * SECOND).await;
    assert_eq!(evicted(&guests[0]).await.code, "lapsed");
}

//! What is under way when a right ends: each place where rights are looked at twice is seen alone.

use salon::{
    Code,
    auth::{What, Who},
    testing::{Client, Failure},
};
use serde_json::{Value, json};

use crate::club::{
    Club, Enter, Knock, Left, Ring, Rule, SECOND, Said, Say, Stroll, code, evicted, lapsed, revoke,
    say,
};

/// Ada on worker 0 and bob on worker 1, who has opened room 1 there.
async fn apart() -> Result<(Club, Client, Client), Failure> {
    let club = Club::open_with(2, |builder| builder).await?;
    let mut guests = Vec::new();
    for (worker, name) in (0..).zip(["ada", "bob"]) {
        let auth = json!({ "token": club.token(name, 3600 * SECOND) });
        guests.push(club.lab.visitor().worker(worker).name(name).auth(auth).connect().await?);
    }
    let [ada, bob] = <[Client; 2]>::try_from(guests).map_err(|_| "two guests")?;
    bob.send(Stroll { room: 1 }).await?;
    Ok((club, ada, bob))
}

/// Whether somebody in room 1 hears what is said there.
async fn hears(club: &Club, speaker: &Client, listener: &Client) -> Result<bool, Failure> {
    speaker.send(say("who hears?")).await?;
    club.lab.settle().await;
    Ok(listener.events().await.iter().any(|event| event.name == "room:said"))
}

#[salon::test]
async fn a_join_without_a_permission_does_not_survive_a_revocation_of_its_room() {
    for what in [What::room("parlour:1"), What::permission("knock")] {
        let (club, ada, bob) = apart().await?;
        club.lab.stall(1);
        let strolling = ada.send(Stroll { room: 1 });
        club.lab.settle().await;
        // It is on its way, and no membership yet: there is nothing else to be found of it.
        let revoked = revoke(&club.lab, Who::user("ada"), what).await;
        assert_eq!((revoked.sessions, revoked.memberships), (1, 0));
        club.lab.resume(1);
        assert_eq!(code(strolling.await), Code::Revoked);
        assert_eq!(code(ada.send(say("am I in?")).await), Code::NotAMember);
        assert!(!hears(&club, &bob, &ada).await?);
        ada.send(Stroll { room: 1 }).await?;
        assert!(hears(&club, &bob, &ada).await?, "nothing of it is left behind");
    }
}

#[salon::test]
async fn an_event_on_its_way_to_its_room_does_not_survive_the_end_of_its_permission() {
    for by_time in [false, true] {
        let (club, ada, bob) = apart().await?;
        ada.send(Stroll { room: 1 }).await?;
        club.rules.set("ada", "knock", Rule::For(10 * SECOND));
        ada.send(Knock { room: 1 }).await?;
        assert_eq!(bob.expect::<Said>().await.text, "knock");
        club.lab.stall(1);
        let knocking = ada.send(Knock { room: 1 });
        club.lab.settle().await;
        if by_time {
            club.lab.advance(10 * SECOND).await;
        } else {
            revoke(&club.lab, Who::user("ada"), What::permission("knock")).await;
        }
        club.lab.resume(1);
        let ended = if by_time { Code::Lapsed } else { Code::Revoked };
        assert_eq!(code(knocking.await), ended);
        bob.expect_none_of::<Said>().await;
        assert!(hears(&club, &bob, &ada).await?, "it is a member as before");
    }
}

#[salon::test]
async fn a_join_on_its_way_to_its_room_does_not_survive_the_end_of_its_grant() {
    let (club, ada, bob) = apart().await?;
    club.rules.set("ada", "enter", Rule::For(10 * SECOND));
    club.lab.stall(1);
    let entering = ada.send(Enter { room: 1 });
    club.lab.settle().await;
    club.lab.advance(10 * SECOND).await;
    club.lab.resume(1);
    assert_eq!(code(entering.await), Code::Lapsed);
    assert_eq!(code(ada.send(say("am I in?")).await), Code::NotAMember);
    assert!(!hears(&club, &bob, &ada).await?);
    bob.expect_none_of::<Left>().await;
    ada.send(Enter { room: 1 }).await?;
    assert!(hears(&club, &bob, &ada).await?);
}

#[salon::test]
async fn an_answer_that_comes_after_a_revocation_is_not_kept() {
    for what in [What::permission("knock"), What::room("parlour:1")] {
        let (club, ada, bob) = apart().await?;
        ada.send(Stroll { room: 1 }).await?;
        club.rules.set("ada", "knock", Rule::Slow(5 * SECOND / 2));
        let knocking = ada.send(Knock { room: 1 });
        club.lab.settle().await;
        revoke(&club.lab, Who::user("ada"), what).await;
        club.lab.advance(3 * SECOND).await;
        assert_ne!(code(knocking.await), Code::Timeout);
        bob.expect_none_of::<Said>().await;
        ada.send(Stroll { room: 1 }).await?;
        club.rules.set("ada", "knock", Rule::Never);
        let asked = club.rules.asked();
        assert_eq!(code(ada.send(Knock { room: 1 }).await), Code::Forbidden);
        assert_eq!(club.rules.asked(), asked + 1, "it is asked about anew");
    }
}

#[salon::test]
async fn an_event_that_waits_while_its_session_lapses_is_not_handled() {
    for revoked in [false, true] {
        let (club, _, bob) = apart().await?;
        let ada = club.guest_for("ada", 10 * SECOND).await?;
        ada.send(Stroll { room: 1 }).await?;
        club.rules.set("ada", "knock", Rule::Slow(2 * SECOND));
        club.lab.advance(9 * SECOND).await;
        ada.emit(Knock { room: 1 });
        ada.emit(say("behind it"));
        club.lab.settle().await;
        if revoked {
            revoke(&club.lab, Who::user("ada"), What::Everything).await;
        }
        club.lab.advance(5 * SECOND).await;
        assert_eq!(bob.expect::<Left>().await, lapsed("ada"));
        bob.expect_none_of::<Said>().await;
        let why = if revoked { Code::Revoked } else { Code::Lapsed };
        assert_eq!(ada.closed().await.code, why);
    }
}

#[salon::test]
async fn grants_in_several_rooms_are_each_of_its_own() {
    let (club, ada, _bob) = apart().await?;
    for room in 1..=3 {
        ada.send(Enter { room }).await?;
        ada.send(Ring { room }).await?;
        ada.send(Knock { room }).await?;
    }
    let asked = club.rules.asked();
    let ring_everywhere = async |questions: usize| -> Result<(), Failure> {
        let before = club.rules.asked();
        for room in 1..=3 {
            ada.send(Ring { room }).await?;
        }
        assert_eq!(club.rules.asked(), before + questions);
        Ok(())
    };
    ring_everywhere(0).await?;
    assert_eq!(asked, 9);
    revoke(&club.lab, Who::user("ada"), What::permission("ring")).await;
    ring_everywhere(3).await?;
    for room in 1..=3 {
        ada.send(Knock { room }).await?;
    }
    assert_eq!(club.rules.asked(), 12, "another permission is another one");
    revoke(&club.lab, Who::user("ada"), What::room("parlour:2")).await;
    assert_eq!(evicted(&ada).await.room, "parlour:2");
    ada.send(Enter { room: 2 }).await?;
    ring_everywhere(1).await?;
    let salon = club.lab.salon().clone();
    club.lab.drive(async move { salon.reevaluate("parlour:3").await }).await;
    ring_everywhere(1).await?;
    assert!(ada.events().await.iter().all(|event| event.name != "salon:evicted"));
}

#[salon::test]
async fn a_refresh_keeps_the_rooms_and_asks_about_each_once() {
    let (club, ada, bob) = apart().await?;
    for room in 1..=3 {
        ada.send(Enter { room }).await?;
    }
    ada.send(Ring { room: 1 }).await?;
    // By no grant, so that nobody is asked about it.
    ada.send(Stroll { room: 4 }).await?;
    let (id, asked) = (ada.id(), club.rules.asked());
    let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
    let _: Value = ada.call("salon:refresh", (auth,)).await?;
    assert_eq!(club.rules.asked(), asked + 3);
    assert_eq!(ada.id(), id);
    for room in 1..=4 {
        ada.send(Say { room, text: "still here".to_owned() }).await?;
        assert_eq!(ada.expect::<Said>().await.text, "still here");
        ada.send(Enter { room }).await?;
    }
    assert_eq!(club.rules.asked(), asked + 4, "what was answered then is kept");
    ada.send(Ring { room: 1 }).await?;
    assert_eq!(
        club.rules.asked(),
        asked + 5,
        "what carried nothing is asked about when it is used"
    );
    bob.expect_none_of::<Left>().await;
    ada.expect_none().await;
}

#[salon::test]
async fn a_refresh_is_overtaken_by_a_revocation_of_what_it_asks_about() {
    let (club, ada, bob) = apart().await?;
    ada.send(Enter { room: 1 }).await?;
    club.rules.set("ada", "enter", Rule::Slow(2 * SECOND));
    let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
    let refreshing = ada.call::<Value>("salon:refresh", (auth,));
    club.lab.settle().await;
    revoke(&club.lab, Who::user("ada"), What::permission("enter")).await;
    assert_eq!(evicted(&ada).await.code, "revoked");
    club.lab.advance(3 * SECOND).await;
    refreshing.await?;
    club.rules.set("ada", "enter", Rule::Never);
    assert_eq!(code(ada.send(Enter { room: 1 }).await), Code::Forbidden, "its answer is not kept");
    assert!(!hears(&club, &bob, &ada).await?);
}

#[salon::test]
async fn a_question_that_something_overtakes_is_asked_again() {
    let (club, ada, bob) = apart().await?;
    for room in [1, 2] {
        ada.send(Enter { room }).await?;
    }
    club.rules.set("ada", "enter", Rule::Slow(2 * SECOND));
    let salon = club.lab.salon().clone();
    let asking = actix_web::rt::spawn(async move { salon.reevaluate("parlour:1").await });
    club.lab.advance(SECOND).await;
    let asked = club.rules.asked();
    // What is taken is another room: what was asked about this one may not hold after it.
    revoke(&club.lab, Who::user("ada"), What::room("parlour:2")).await;
    club.rules.set("ada", "enter", Rule::Never);
    club.lab.advance(3 * SECOND).await;
    asking.await?;
    assert_eq!(club.rules.asked(), asked + 1);
    assert_eq!(evicted(&ada).await.room, "parlour:2");
    assert_eq!(evicted(&ada).await.room, "parlour:1");
    assert!(!hears(&club, &bob, &ada).await?);
}

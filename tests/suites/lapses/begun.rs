//! What handlers have begun by a permission: it ends with the permission, and the session is told.

use salon::{
    Code,
    auth::{What, Who},
    testing::{Client, Failure, Wire},
};
use serde_json::{Value, json};

use crate::{
    club::{Club, Enter, Ponder, Rule, SECOND, code, revoke},
    hall::{
        Begin, BeginAnyway, BeginFreely, Board, CountBoards, Hall, How, LostSight, News, Pin,
        Stumble,
    },
};

/// How a permission ends while its session goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Revocation,
    Refresh,
    Reevaluation,
    /// By time: the authority does not renew it.
    Time,
    /// By time: the authority does not answer.
    Silence,
}

impl End {
    const ALL: [Self; 5] =
        [Self::Revocation, Self::Refresh, Self::Reevaluation, Self::Time, Self::Silence];

    /// How it is granted before.
    fn granted(self) -> Option<Rule> {
        matches!(self, Self::Time | Self::Silence).then_some(Rule::For(60 * SECOND))
    }

    /// Has it come for ada.
    async fn come(self, club: &Club, ada: &Client) -> Result<(), Failure> {
        let rule = if self == Self::Silence { Rule::Silent } else { Rule::Never };
        club.rules.set("ada", "look", rule);
        match self {
            Self::Revocation => {
                revoke(&club.lab, Who::user("ada"), What::permission("look")).await;
            }
            Self::Refresh => {
                let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
                let _: Value = ada.call("salon:refresh", (auth,)).await?;
            }
            Self::Reevaluation => {
                let salon = club.lab.salon().clone();
                club.lab.drive(async move { salon.reevaluate_all().await }).await;
            }
            Self::Time | Self::Silence => club.lab.advance(60 * SECOND).await,
        }
        Ok(())
    }

    fn code(self) -> &'static str {
        if self == Self::Revocation { "revoked" } else { "lapsed" }
    }
}

/// A club with a hall, and bob, who pins to boards.
async fn hall() -> Result<(Club, Client), Failure> {
    let club = Club::open_with(3, |builder| builder.session::<Hall>().room::<Board>()).await?;
    let bob = club.guest("bob").await?;
    Ok((club, bob))
}

async fn guest_over(club: &Club, wire: Wire) -> Result<Client, Failure> {
    let auth = json!({ "token": club.token("ada", 3600 * SECOND) });
    Ok(club.lab.visitor().name("ada").wire(wire).auth(auth).connect().await?)
}

/// How much news a client hears while three seconds pass and something is pinned in each.
async fn heard(club: &Club, bob: &Client, ada: &Client) -> Result<usize, Failure> {
    for _ in 0..3 {
        bob.send(Pin { board: 1 }).await?;
        club.lab.advance(SECOND).await;
    }
    Ok(ada.events().await.iter().filter(|event| event.name == "hall:news").count())
}

/// The losses that a client has heard of, and whether there was news behind the last.
async fn losses(ada: &Client) -> (Vec<Value>, bool) {
    let (mut losses, mut late) = (Vec::new(), false);
    for event in ada.events().await {
        match event.name.as_str() {
            "hall:lost" => losses.extend(event.json()),
            "hall:news" => late = !losses.is_empty(),
            _ => {}
        }
    }
    (losses, late)
}

#[salon::test]
async fn whatever_goes_on_by_a_permission_ends_with_it_and_the_session_is_told() {
    for wire in Wire::ALL {
        for end in End::ALL {
            for how in How::ALL {
                let case = format!("{how:?}, {end:?}, {wire:?}");
                let (club, bob) = hall().await?;
                end.granted().into_iter().for_each(|rule| club.rules.set("ada", "look", rule));
                let ada = guest_over(&club, wire).await?;
                ada.send(Begin { how }).await?;
                assert!(heard(&club, &bob, &ada).await? >= 3, "{case}");
                end.come(&club, &ada).await?;
                club.lab.settle().await;
                let lost = json!({ "permission": "look", "code": end.code() });
                assert_eq!(losses(&ada).await, (vec![lost], false), "{case}");
                assert_eq!(heard(&club, &bob, &ada).await?, 0, "{case}");
                assert!(ada.is_connected(), "{case}");
                if end != End::Silence {
                    assert_eq!(code(ada.send(Begin { how }).await), Code::Forbidden, "{case}");
                }
            }
        }
    }
}

#[salon::test]
async fn what_goes_on_by_a_permission_goes_on_for_as_long_as_it_is_renewed() {
    let (club, bob) = hall().await?;
    club.rules.set("ada", "look", Rule::For(60 * SECOND));
    let ada = club.guest("ada").await?;
    ada.send(Begin { how: How::Watch }).await?;
    ada.send(Begin { how: How::Every }).await?;
    for _ in 0..10 {
        club.lab.advance(60 * SECOND).await;
        assert!(heard(&club, &bob, &ada).await? >= 3);
    }
    let asked = club.rules.asked();
    assert!((10..=13).contains(&asked), "once ahead of each end, for both at once: {asked}");
}

#[salon::test]
async fn no_answer_of_an_authority_ends_nothing_before_its_time() {
    for rule in [Rule::Silent, Rule::Broken] {
        let (club, bob) = hall().await?;
        club.rules.set("ada", "look", Rule::For(60 * SECOND));
        let ada = club.guest("ada").await?;
        ada.send(Begin { how: How::Every }).await?;
        ada.send(Enter { room: 1 }).await?;
        club.rules.set("ada", "look", rule);
        club.rules.set("ada", "enter", rule);
        let salon = club.lab.salon().clone();
        let asking = actix_web::rt::spawn(async move { salon.reevaluate_all().await });
        club.lab.advance(10 * SECOND).await;
        asking.await?;
        assert!(heard(&club, &bob, &ada).await? >= 3);
        ada.send(crate::club::Say { room: 1, text: "here".to_owned() }).await?;
        club.lab.advance(48 * SECOND).await;
        assert_eq!(losses(&ada).await.0.len(), 1, "then its own end has come");
        assert_eq!(heard(&club, &bob, &ada).await?, 0);
    }
}

#[salon::test]
async fn what_takes_no_permission_and_what_is_begun_regardless_goes_on() {
    let (club, bob) = hall().await?;
    let ada = club.guest("ada").await?;
    let _ = ada.send(Stumble).await.expect_err("it panics");
    for how in How::ALL {
        ada.send(BeginFreely { how }).await?;
    }
    ada.send(BeginAnyway).await?;
    // The first news of the list come at once.
    let before = heard(&club, &bob, &ada).await?;
    revoke(&club.lab, Who::user("ada"), What::permission("look")).await;
    let after = heard(&club, &bob, &ada).await?;
    assert!(before > 15 && after > 15, "{before}, {after}");
    assert!(losses(&ada).await.0.is_empty(), "nothing has ended");
}

#[salon::test]
async fn a_permission_in_whose_place_another_is_revoked_ends_nothing() {
    let (club, bob) = hall().await?;
    let ada = club.guest("ada").await?;
    ada.send(Begin { how: How::Every }).await?;
    revoke(&club.lab, Who::user("bob"), What::permission("look")).await;
    revoke(&club.lab, Who::user("ada"), What::permission("enter")).await;
    revoke(&club.lab, Who::user("ada"), What::room("board:1")).await;
    assert!(heard(&club, &bob, &ada).await? >= 3);
    assert!(losses(&ada).await.0.is_empty());
}

#[salon::test]
async fn what_goes_on_by_one_permission_does_not_end_with_another() {
    for wire in Wire::ALL {
        for taken in ["look", "ponder"] {
            let (club, bob) = hall().await?;
            let ada = guest_over(&club, wire).await?;
            ada.send(Enter { room: 1 }).await?;
            ada.send(Begin { how: How::Every }).await?;
            let answer = ada.send(Ponder { room: 1 });
            club.lab.settle().await;
            revoke(&club.lab, Who::user("ada"), What::permission(taken)).await;
            let losses = losses(&ada).await.0;
            let news = heard(&club, &bob, &ada).await?;
            club.lab.advance(10 * SECOND).await;
            let answered = answer.await;
            if taken == "look" {
                let lost = json!({ "permission": "look", "code": "revoked" });
                assert_eq!((losses, news), (vec![lost], 0), "{wire:?}");
                assert_eq!(answered?, "a thought", "{wire:?}");
            } else {
                assert_eq!(losses, [json!(null); 0], "{wire:?}");
                assert!(news >= 3, "{wire:?}");
                assert_eq!(code(answered), Code::Lapsed, "{wire:?}");
            }
        }
    }
}

#[salon::test]
async fn an_answer_under_way_is_refused_when_its_permission_ends() {
    for wire in Wire::ALL {
        for end in End::ALL {
            let (club, _bob) = hall().await?;
            end.granted().into_iter().for_each(|rule| club.rules.set("ada", "look", rule));
            let ada = guest_over(&club, wire).await?;
            // By a grant that ends while the second answer is under way.
            assert_eq!(answered(&club, ada.send(CountBoards)).await?, 0, "{end:?}");
            if end.granted().is_some() {
                club.lab.advance(45 * SECOND).await;
            }
            let answer = ada.send(CountBoards);
            club.lab.settle().await;
            end.come(&club, &ada).await?;
            assert_eq!(code(answer.await), Code::Lapsed, "{end:?} over {wire:?}");
        }
    }
}

/// What comes within ten seconds.
async fn answered<T>(
    club: &Club,
    answer: impl IntoFuture<Output = Result<T, salon::Refusal>>,
) -> Result<T, Failure> {
    club.lab.settle().await;
    club.lab.advance(10 * SECOND).await;
    Ok(answer.await?)
}

#[salon::test]
async fn an_answer_of_a_room_is_refused_when_the_permission_for_it_ends() {
    for what in [What::permission("ponder"), What::room("parlour:1")] {
        let (club, _bob) = hall().await?;
        let ada = club.guest("ada").await?;
        ada.send(Enter { room: 1 }).await?;
        assert_eq!(answered(&club, ada.send(Ponder { room: 1 })).await?, "a thought");
        let answer = ada.send(Ponder { room: 1 });
        club.lab.settle().await;
        revoke(&club.lab, Who::user("ada"), what.clone()).await;
        assert_eq!(code(answer.await), Code::Lapsed, "{what:?}, and before it is there");
    }
}

#[salon::test]
async fn a_session_that_has_lost_everything_is_told_of_its_end_and_does_nothing_more() {
    let (club, bob) = hall().await?;
    let ada = club.guest("ada").await?;
    for how in How::ALL {
        ada.send(Begin { how }).await?;
        ada.send(BeginFreely { how }).await?;
    }
    heard(&club, &bob, &ada).await?;
    revoke(&club.lab, Who::user("ada"), What::Everything).await;
    club.lab.advance(5 * SECOND).await;
    let last: Vec<_> = ada.events().await.into_iter().map(|event| event.name).collect();
    assert_eq!(last, ["salon:lapsed"]);
    assert_eq!(ada.closed().await.code, Code::Revoked);
    ada.expect_none_of::<News>().await;
    ada.expect_none_of::<LostSight>().await;
}

/// Has everybody asked about, by an authority that answers in five seconds, and does something
/// meanwhile. What is asked first is answered by what holds now.
async fn asked_about(
    club: &Club,
    meanwhile: impl AsyncFnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let salon = club.lab.salon().clone();
    let asking = actix_web::rt::spawn(async move { salon.reevaluate_all().await });
    club.lab.advance(SECOND).await;
    meanwhile().await?;
    club.lab.advance(20 * SECOND).await;
    asking.await?;
    Ok(())
}

/// Ada, who has begun something by the one permission and is in a room by the other; whoever is asked
/// about them from now on answers by that rule.
async fn rests_on_two(club: &Club, wire: Wire, rule: Rule) -> Result<Client, Failure> {
    let ada = guest_over(club, wire).await?;
    ada.send(Begin { how: How::Every }).await?;
    ada.send(Enter { room: 1 }).await?;
    for permission in ["look", "enter"] {
        club.rules.set("ada", permission, rule);
    }
    Ok(ada)
}

#[salon::test]
async fn an_answer_from_before_something_was_taken_renews_nothing_and_is_asked_for_again() {
    for wire in Wire::ALL {
        let (club, bob) = hall().await?;
        let ada = rests_on_two(&club, wire, Rule::Slow(5 * SECOND)).await?;
        let asked = club.rules.asked();
        asked_about(&club, async || {
            for permission in ["look", "enter"] {
                club.rules.set("ada", permission, Rule::Never);
            }
            revoke(&club.lab, Who::user("ada"), What::permission("something else")).await;
            Ok(())
        })
        .await?;
        assert_eq!(club.rules.asked() - asked, 4, "{wire:?}: about each of the two, twice");
        ada.events().await;
        assert_eq!(heard(&club, &bob, &ada).await?, 0, "{wire:?}");
        let refused = ada.send(crate::club::Say { room: 1, text: "here".to_owned() }).await;
        assert_eq!(code(refused), Code::NotAMember, "{wire:?}");
    }
}

#[salon::test]
async fn a_grant_that_has_ended_already_when_it_is_given_renews_nothing() {
    for wire in Wire::ALL {
        let (club, bob) = hall().await?;
        let ada = rests_on_two(&club, wire, Rule::For(std::time::Duration::ZERO)).await?;
        let salon = club.lab.salon().clone();
        club.lab.drive(async move { salon.reevaluate_all().await }).await;
        let refused = ada.send(crate::club::Say { room: 1, text: "here".to_owned() }).await;
        assert_eq!(code(refused), Code::NotAMember, "{wire:?}");
        assert_eq!(losses(&ada).await.0.len(), 1, "{wire:?}");
        assert_eq!(heard(&club, &bob, &ada).await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn nobody_is_asked_again_about_what_was_taken_while_it_was_asked_about() {
    for wire in Wire::ALL {
        let (club, _bob) = hall().await?;
        let _ada = rests_on_two(&club, wire, Rule::Slow(5 * SECOND)).await?;
        let asked = club.rules.asked();
        asked_about(&club, async || {
            for permission in ["look", "enter"] {
                revoke(&club.lab, Who::user("ada"), What::permission(permission)).await;
            }
            Ok(())
        })
        .await?;
        assert_eq!(club.rules.asked() - asked, 2, "{wire:?}: about each of the two, once");
    }
}

//! A room has one name, for every question: the one by which it was opened.

use std::time::Duration;

use salon::{
    Code,
    auth::{What, Who},
};

use crate::{
    club::{SECOND, code, evicted, revoke},
    den::{Den, LeaveDen, Spelled, come, dens, enter, growl},
};

#[salon::test]
async fn whoever_asks_about_a_room_asks_by_its_own_name_however_its_key_is_spelled() {
    let (lab, porter) = dens().await?;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    assert_eq!(ada.send(enter("Cave")).await?, "den:Cave");
    assert_eq!(bob.send(enter("CAVE")).await?, "den:Cave");
    assert_eq!(porter.asked(), ["den:Cave", "den:Cave"]);
    for den in ["CAVE", "cave", "Cave"] {
        assert_eq!(bob.send(growl(den)).await?, "den:Cave");
    }
    // The authority once, since it is one room, and the guard each time.
    assert_eq!(porter.asked(), ["den:Cave"; 4]);
    let key = Spelled("cAVE".to_owned());
    assert_eq!(lab.salon().room::<Den>(&key).name(), "den:Cave");
    assert_eq!(lab.salon().open_rooms(), 1);
}

#[salon::test]
async fn a_room_that_is_shut_is_shut_however_its_key_is_spelled() {
    let (lab, porter) = dens().await?;
    let (ada, eve) = (come(&lab, "ada").await?, come(&lab, "eve").await?);
    ada.send(enter("Cave")).await?;
    porter.shut("den:Cave");
    for den in ["Cave", "CAVE", "cave"] {
        assert_eq!(code(eve.send(enter(den)).await), Code::Forbidden, "{den}");
    }
}

#[salon::test]
async fn a_revocation_by_a_rooms_name_takes_what_was_had_by_another_spelling() {
    let (lab, porter) = dens().await?;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    ada.send(enter("Cave")).await?;
    bob.send(enter("CAVE")).await?;
    bob.send(growl("CAVE")).await?;
    let name = lab.salon().room::<Den>(&Spelled("cave".to_owned())).name();
    let revoked = revoke(&lab, Who::user("bob"), What::room(name)).await;
    assert_eq!(revoked.memberships, 1);
    assert_eq!(evicted(&bob).await.room, "den:Cave");
    porter.asked();
    bob.send(enter("CAVE")).await?;
    bob.send(growl("CAVE")).await?;
    assert_eq!(porter.asked(), ["den:Cave"; 3], "all is asked about anew");
    let salon = lab.salon().clone();
    porter.shut("den:Cave");
    lab.drive(async move { salon.reevaluate("den:Cave").await }).await;
    assert_eq!(evicted(&bob).await.room, "den:Cave");
    assert_eq!(evicted(&ada).await.room, "den:Cave");
}

/// A right in the one is none in the other, and it is asked about again.
#[salon::test]
async fn a_room_that_opens_by_another_name_while_it_is_asked_about_is_not_entered() {
    let (lab, porter) = dens().await?;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    porter.think_for(2 * SECOND);
    let entering = ada.send(enter("cave"));
    lab.settle().await;
    porter.think_for(Duration::ZERO);
    porter.shut("den:Cave");
    assert_eq!(bob.send(enter("CAVE")).await?, "den:CAVE");
    lab.advance(2 * SECOND).await;
    assert_eq!(code(entering.await), Code::Closed);
    assert_eq!(porter.asked(), ["den:cave", "den:CAVE"]);
    porter.shut("den:CAVE");
    assert_eq!(code(ada.send(enter("cave")).await), Code::Forbidden);
}

#[salon::test]
async fn of_two_keys_with_one_name_one_room_is_open_at_a_time() {
    let (lab, _porter) = dens().await?;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    ada.send(enter("Cave/left")).await?;
    assert_eq!(code(bob.send(enter("Cave/right")).await).as_str(), "name_taken");
    assert_eq!(bob.send(enter("Cave/LEFT")).await?, "den:Cave", "the same");
    assert_eq!(lab.salon().open_rooms(), 1);
    for guest in [&ada, &bob] {
        guest.send(LeaveDen { den: Spelled("cave/left".to_owned()) }).await?;
    }
    lab.advance(2 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(bob.send(enter("Cave/right")).await?, "den:Cave");
    assert_eq!(code(ada.send(enter("Cave/left")).await).as_str(), "name_taken");
}

#[salon::test]
async fn a_key_that_says_something_else_each_time_names_its_room_once() {
    let (lab, porter) = dens().await?;
    let (ada, bob) = (come(&lab, "ada").await?, come(&lab, "bob").await?);
    let name = ada.send(enter("#cave")).await?;
    assert_eq!(porter.asked(), [name.as_str()]);
    assert_eq!(bob.send(enter("#cave")).await?, name);
    assert_eq!(bob.send(growl("#cave")).await?, name);
    assert_eq!(porter.asked(), [name.clone(), name.clone(), name.clone()]);
    assert_eq!(revoke(&lab, Who::user("bob"), What::room(name)).await.memberships, 1);
}

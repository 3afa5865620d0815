//! Users and their connections.

use salon::testing::{Lab, Wire};
use salon::{PresenceSnapshot, PresentUser};
use serde_json::json;

use crate::lounge::{
    Card, Changed, Enter, Feel, GRACE, Inside, Leave, Lounge, Missed, SECOND, changed, come, enter,
    salon, salon_with, told, user,
};

#[salon::test]
async fn who_comes_gets_the_list_and_the_others_are_told_of_it_alone() {
    let lab = Lab::new(salon()).await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter("calm")).await?;
    assert_eq!(told(&ada).await, PresenceSnapshot::Users(vec![user("ada", "calm")]));
    let ben = come(&lab, "ben").await?;
    ben.send(enter("glad")).await?;
    let both = vec![user("ada", "calm"), user("ben", "glad")];
    assert_eq!(told(&ben).await, PresenceSnapshot::Users(both));
    let joined = vec![user("ben", "glad")];
    assert_eq!(changed(&ada).await, Changed { joined, ..Changed::default() });
    ben.expect_none().await;
    ada.expect_none().await;
}

#[salon::test]
async fn a_new_meta_is_told_once_and_the_same_one_not_at_all() {
    let lab = Lab::new(salon()).await;
    let (ada, ben) = (come(&lab, "ada").await?, come(&lab, "ben").await?);
    for client in [&ada, &ben] {
        client.send(enter("calm")).await?;
    }
    changed(&ada).await;
    for mood in ["glad", "glad"] {
        ben.send(Feel { lounge: 1, mood: mood.to_owned() }).await?;
    }
    for client in [&ada, &ben] {
        let updated = vec![user("ben", "glad")];
        assert_eq!(changed(client).await, Changed { updated, ..Changed::default() });
        client.expect_none().await;
    }
}

#[salon::test]
async fn a_user_with_several_connections_is_one_user() {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter("calm")).await?;
    let phone = come(&lab, "ben").await?;
    phone.send(enter("glad")).await?;
    changed(&ada).await;
    let laptop = come(&lab, "ben").await?;
    laptop.send(enter("busy")).await?;
    let (glad, busy) =
        (json!({"name": "ben", "mood": "glad"}), json!({"name": "ben", "mood": "busy"}));
    let twice = PresentUser::new("ben", vec![glad, busy]);
    let updated = vec![twice];
    assert_eq!(changed(&ada).await, Changed { updated, ..Changed::default() });
    let there = lab.drive(lab.salon().room::<Lounge>(&1).presence()).await;
    let names: Vec<_> = there.iter().map(|user| (user.user.as_str(), user.metas.len())).collect();
    assert_eq!(names, [("ada", 1), ("ben", 2)]);
    assert_eq!(there[1].metas[1], Card { name: "ben".to_owned(), mood: "busy".to_owned() });
    phone.send(Leave { lounge: 1 }).await?;
    let updated = vec![user("ben", "busy")];
    assert_eq!(changed(&ada).await, Changed { updated, ..Changed::default() });
    laptop.send(Leave { lounge: 1 }).await?;
    let left = vec!["ben".to_owned()];
    assert_eq!(changed(&ada).await, Changed { left, ..Changed::default() });
    assert_eq!(ada.expect::<Missed>().await.user, "ben", "it left of its own accord: no grace");
}

#[salon::test]
async fn who_is_refused_is_never_seen() {
    let lab = Lab::new(salon()).await;
    let (ada, ben) = (come(&lab, "ada").await?, come(&lab, "ben").await?);
    ada.send(enter("calm")).await?;
    let refused = ben.send(enter("angry")).await.expect_err("the lounge wants calm guests");
    assert_eq!(*refused.code(), salon::Code::Forbidden);
    ada.expect_none().await;
    ben.expect_none_of::<Missed>().await;
    let there = lab.drive(lab.salon().room::<Lounge>(&1).presence()).await;
    assert_eq!(there.len(), 1);
}

#[salon::test]
async fn a_user_who_was_admitted_and_is_in_too_many_rooms_is_absent_unless_it_is_there_already() {
    for wire in Wire::ALL {
        let salon = salon_with(|builder| builder.limits(|limits| limits.max_rooms = 1));
        let lab = Lab::builder(salon).workers(2).start().await;
        let ada = come(&lab, "ada").await?;
        ada.send(enter("calm")).await?;
        let inside = async || {
            let asked = lab.drive(lab.salon().room::<Lounge>(&1).ask(Inside)).await;
            asked.map(|inside| inside.into_iter().collect::<Vec<_>>())
        };
        let elsewhere = |name: &str| {
            let visitor = lab.visitor().wire(wire).auth(json!({ "name": name }));
            async move {
                let client = visitor.connect().await?;
                client.send(Enter { lounge: 2, mood: "calm".to_owned() }).await?;
                Ok::<_, salon::testing::Failure>(client)
            }
        };
        let ben = elsewhere("ben").await?;
        let refused = ben.send(enter("glad")).await.expect_err("it is in as many as it may be");
        assert_eq!(*refused.code(), salon::Code::LimitExceeded, "{wire:?}");
        assert_eq!(inside().await?, ["ada"], "{wire:?}");
        assert_eq!(ada.expect::<Missed>().await.user, "ben", "{wire:?}");
        ada.expect_none().await;
        // Of one who is there by another connection the room hears nothing.
        let ada_too = elsewhere("ada").await?;
        ada_too.send(enter("glad")).await.expect_err("it is in as many as it may be");
        assert_eq!(inside().await?, ["ada"], "{wire:?}");
        ada.expect_none().await;
    }
}

#[salon::test]
async fn who_comes_back_within_the_grace_has_not_been_away() {
    for wire in Wire::ALL {
        let lab = Lab::builder(salon()).workers(2).start().await;
        let ada = come(&lab, "ada").await?;
        ada.send(enter("calm")).await?;
        let ben = lab.visitor().wire(wire).auth(json!({"name": "ben"})).connect().await?;
        ben.send(enter("glad")).await?;
        changed(&ada).await;
        // One that polls is to be between two polls no more.
        lab.settle().await;
        ben.close();
        lab.advance(GRACE - SECOND).await;
        ada.expect_none().await;
        ben.reconnect().await?;
        ben.send(enter("glad")).await?;
        lab.advance(2 * GRACE).await;
        ada.expect_none().await;
        // In another mood it has not been away either, but looks different.
        lab.settle().await;
        ben.close();
        lab.advance(GRACE - SECOND).await;
        ben.reconnect().await?;
        ben.send(enter("tired")).await?;
        let updated = vec![user("ben", "tired")];
        assert_eq!(changed(&ada).await, Changed { updated, ..Changed::default() });
        lab.advance(2 * GRACE).await;
        ada.expect_none().await;
    }
}

#[salon::test]
async fn after_a_panic_the_new_state_says_what_is_seen_and_nobody_is_there_who_was_away() {
    let lab = Lab::new(salon()).await;
    let (ada, ben) = (come(&lab, "ada").await?, come(&lab, "ben").await?);
    for client in [&ada, &ben] {
        client.send(Enter { lounge: 1, mood: "calm".to_owned() }).await?;
    }
    ben.close();
    lab.settle().await;
    ada.send(crate::lounge::Burn { lounge: 1 }).await.expect_err("it panicked");
    let restarted = ada.expect_named("salon:restarted").await;
    let users = restarted.json()[0]["presence"]["users"].clone();
    assert_eq!(users, json!([user("ada", "calm")]));
    assert_eq!(changed(&ada).await.joined, [user("ben", "calm")], "it had come before the panic");
    // The new state does not know the mood.
    assert_eq!(changed(&ada).await.updated, [user("ada", "")]);
    lab.advance(2 * GRACE).await;
    ada.expect_none().await;
}

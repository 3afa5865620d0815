//! The grace of a user who is lost more than once: each counts from its own beginning.

use std::time::Duration;

use salon::{
    Presence, PresenceChange, Present,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};

use crate::lounge::{
    Away, Burn, Changed, GRACE, Guest, Known, Leave, Lounge, Missed, SECOND, changed, come, enter,
    salon, salon_with,
};

/// A lounge with Ada, who stays.
async fn ada() -> Result<(Lab, Client), Failure> {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let ada = come(&lab, "ada").await?;
    ada.send(enter("calm")).await?;
    Ok((lab, ada))
}

/// Ben comes in over a wire.
async fn ben(lab: &Lab, wire: Wire) -> Result<Client, Failure> {
    let auth = serde_json::json!({ "name": "ben" });
    let ben = lab.visitor().name("ben").wire(wire).auth(auth).connect().await?;
    ben.send(enter("glad")).await?;
    Ok(ben)
}

async fn there(lab: &Lab) -> usize {
    lab.drive(lab.salon().room::<Lounge>(&1).presence()).await.len()
}

/// Ben is gone, and nobody else: Ada is told so once, and the room misses him once.
async fn assert_gone(lab: &Lab, ada: &Client) {
    let left = vec!["ben".to_owned()];
    assert_eq!(changed(ada).await, Changed { left, ..Changed::default() });
    assert_eq!(ada.expect::<Missed>().await, Missed { user: "ben".to_owned() });
    ada.expect_none().await;
    assert_eq!(there(lab).await, 1);
}

#[salon::test]
async fn a_second_grace_is_a_whole_one_whatever_is_left_of_the_first() {
    for wire in Wire::ALL {
        let (lab, ada) = ada().await?;
        let mut user = ben(&lab, wire).await?;
        changed(&ada).await;
        for _ in 0..3 {
            // Its poll is under way, or its upgrade done, so that the server sees at once that it is lost.
            lab.settle().await;
            user.reset();
            lab.advance(GRACE - SECOND).await;
            user = ben(&lab, wire).await?;
            lab.advance(SECOND / 2).await;
        }
        user.reset();
        // The end of each grace before is long over.
        lab.advance(GRACE - SECOND).await;
        ada.expect_none().await;
        assert_eq!(there(&lab).await, 2, "{wire:?}");
        lab.advance(SECOND).await;
        assert_gone(&lab, &ada).await;
        lab.advance(2 * GRACE).await;
        ada.expect_none().await;
    }
}

#[salon::test]
async fn a_grace_that_was_cut_short_by_an_end_for_good_ends_nobody_later() {
    let (lab, ada) = ada().await?;
    let lost = ben(&lab, Wire::WebSocket).await?;
    changed(&ada).await;
    lost.reset();
    lab.advance(GRACE - SECOND).await;
    let back = ben(&lab, Wire::WebSocket).await?;
    back.send(Leave { lounge: 1 }).await?;
    assert_gone(&lab, &ada).await;
    let _again = ben(&lab, Wire::WebSocket).await?;
    assert_eq!(changed(&ada).await.joined.len(), 1);
    lab.advance(2 * GRACE).await;
    ada.expect_none().await;
    assert_eq!(there(&lab).await, 2);
}

#[salon::test]
async fn a_grace_of_a_state_that_is_gone_ends_nobody_of_the_one_after_it() {
    for is_lost_again in [false, true] {
        let (lab, ada) = ada().await?;
        let lost = ben(&lab, Wire::WebSocket).await?;
        lost.reset();
        lab.advance(GRACE / 2).await;
        ada.send(Burn { lounge: 1 }).await.expect_err("its handler panics");
        assert_eq!(there(&lab).await, 1, "a room that restarts holds nobody's place");
        let back = ben(&lab, Wire::WebSocket).await?;
        ada.events().await;
        if is_lost_again {
            back.reset();
        }
        lab.advance(GRACE - SECOND).await;
        // The first grace would have ended by now.
        assert_eq!(ada.events().await.len(), 0, "lost again: {is_lost_again}");
        assert_eq!(there(&lab).await, 2);
        lab.advance(SECOND).await;
        if is_lost_again {
            assert_gone(&lab, &ada).await;
        } else {
            ada.expect_none_of::<PresenceChange>().await;
        }
    }
}

#[salon::test]
async fn a_user_is_away_from_the_loss_of_its_connection_until_it_comes_back_or_is_gone() {
    for wire in Wire::ALL {
        let (lab, ada) = ada().await?;
        let is_away = async |user| lab.drive(lab.salon().room::<Lounge>(&1).ask(Away(user))).await;
        for comes_back in [true, false] {
            let user = ben(&lab, wire).await?;
            lab.advance(SECOND).await;
            assert!(!is_away("ben").await?, "{wire:?}: it has a connection");
            user.reset();
            lab.settle().await;
            assert!(is_away("ben").await?, "{wire:?}");
            assert!(!is_away("ada").await? && !is_away("nobody").await?, "{wire:?}");
            if comes_back {
                let user = ben(&lab, wire).await?;
                assert!(!is_away("ben").await?, "{wire:?}: it is back");
                user.send(Leave { lounge: 1 }).await?;
            } else {
                lab.advance(GRACE).await;
            }
            assert!(!is_away("ben").await?, "{wire:?}: it is gone");
        }
        drop(ada);
    }
}

/// Comes in.
#[derive(Serialize, Deserialize, Event)]
#[event("porch:enter", room = Porch(porch), join)]
struct EnterPorch {
    porch: u32,
}

/// Somebody has left: how many users are there as the room hears of it.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("porch:left")]
struct LeftPorch {
    users: usize,
}

/// A room that gives nobody time to come back.
struct Porch;

impl Room for Porch {
    const NAME: &'static str = "porch";
    const PRESENCE: Presence<Self> = Presence::on().grace(Duration::ZERO);
    type Key = u32;
    type Identity = Guest;
    type Events = (EnterPorch,);
    type Sends = (LeftPorch, Missed);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn left(&mut self, _: &Member<Guest>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        cx.broadcast(&LeftPorch { users: cx.presence().len() });
    }
}

impl Present for Porch {
    type Meta = ();

    fn meta(&self, _: &Member<Guest>) {}

    fn absent(&mut self, user: &str, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Missed { user: user.to_owned() });
    }
}

impl On<EnterPorch> for Porch {
    fn on(&mut self, _: EnterPorch, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[salon::test]
async fn without_a_grace_a_user_who_is_lost_is_gone_before_the_room_hears_of_it() {
    for wire in Wire::ALL {
        let lab = Lab::builder(salon_with(Known::room::<Porch>)).workers(2).start().await;
        let ada = come(&lab, "ada").await?;
        ada.send(EnterPorch { porch: 1 }).await?;
        let auth = serde_json::json!({ "name": "ben" });
        let ben = lab.visitor().wire(wire).auth(auth).connect().await?;
        ben.send(EnterPorch { porch: 1 }).await?;
        lab.advance(SECOND).await;
        changed(&ada).await;
        ben.reset();
        lab.settle().await;
        let told: Vec<_> = ada.events().await.into_iter().map(|event| event.name).collect();
        assert_eq!(told, ["salon:presence", "porch:left", "lounge:missed"], "{wire:?}");
    }
}

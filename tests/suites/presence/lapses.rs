//! Those whose right to be there ends: gone at once, or with the grace of one who lost the connection.

use salon::{
    Presence, PresenceChange, Present,
    auth::{What, Who},
    prelude::*,
    testing::{Client, Failure, Lab},
};
use serde::{Deserialize, Serialize};

use salon_tests::guests::{ByName, Guest};

use crate::lounge::{Enter, GRACE, Lounge, SECOND, come, enter};

/// Comes into a room that has patience.
#[derive(Serialize, Deserialize, Event)]
#[event("parlour:enter", room = Parlour(parlour), join)]
struct Visit {
    parlour: u32,
}

struct Parlour;

impl Room for Parlour {
    const NAME: &'static str = "parlour";
    const PRESENCE: Presence<Self> = Presence::on().grace(GRACE).after_lapse();
    type Key = u32;
    type Identity = Guest;
    type Events = (Visit,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Present for Parlour {
    type Meta = ();

    fn meta(&self, _: &Member<Guest>) {}
}

impl On<Visit> for Parlour {
    fn on(&mut self, _: Visit, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Ada and Ben, of whom Ben has just lost every right.
async fn ben_lapses<E>(event: impl Fn() -> E) -> Result<(Lab, Client), Failure>
where
    E: Event<Reply = ()> + Serialize,
{
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .room::<Lounge>()
        .room::<Parlour>()
        .build()?;
    let lab = Lab::new(salon).await;
    let (ada, ben) = (come(&lab, "ada").await?, come(&lab, "ben").await?);
    ada.send(event()).await?;
    ben.send(event()).await?;
    ada.events().await;
    let salon = lab.salon().clone();
    let revoke = async move { salon.revoke(Who::user("ben"), What::Everything).await };
    assert_eq!(lab.drive(revoke).await.sessions, 1);
    Ok((lab, ada))
}

/// Who has left, as Ada is told.
async fn left(ada: &Client) -> Vec<String> {
    match ada.expect::<PresenceChange>().await {
        PresenceChange::Users { left, .. } => left,
        other => panic!("expected single users, and {other:?} came"),
    }
}

#[salon::test]
async fn who_loses_its_right_is_gone_at_once() {
    let (_lab, ada) = ben_lapses(|| -> Enter { enter("calm") }).await?;
    assert_eq!(left(&ada).await, ["ben"]);
}

#[salon::test]
async fn a_room_may_give_its_grace_after_a_lapse_too() {
    let (lab, ada) = ben_lapses(|| Visit { parlour: 1 }).await?;
    lab.advance(GRACE - SECOND).await;
    ada.expect_none().await;
    let back = come(&lab, "ben").await?;
    back.send(Visit { parlour: 1 }).await?;
    lab.advance(GRACE).await;
    ada.expect_none().await;
    back.close();
    lab.advance(GRACE).await;
    assert_eq!(left(&ada).await, ["ben"]);
}

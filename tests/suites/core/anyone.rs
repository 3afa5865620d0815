//! Events that whoever may send to a room, without being in it.
//!
//! It must never let somebody in by them, nor let a test pass because the door was open.

use std::time::Duration;

use salon::{
    Code, Count,
    auth::{Authenticated, Authenticator, Credentials, Permissions, ScopesInClaims, What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use serde_json::json;

use crate::table::code;

const SECOND: Duration = Duration::from_secs(1);

/// Lets everybody in by its own word for its name; all but Eve may ring at the house 1.
struct ByName;

impl Authenticator for ByName {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        #[derive(Deserialize)]
        struct Auth {
            name: String,
        }
        let Auth { name } = credentials.auth()?;
        let may = if name == "eve" { "house:*:nothing" } else { "house:1:ring house:1:stay" };
        let permissions: Permissions = may.parse().map_err(Refusal::internal)?;
        Ok(Authenticated::new(()).subject(name).permissions(permissions))
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("house:enter", room = House(0), join)]
struct Enter(u32);

/// As [`Enter`], with a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("house:stay", room = House(0), join, permit = "stay")]
struct Stay(u32);

/// As [`Enter`], with an answer that takes a second and is no.
#[derive(Serialize, Deserialize, Event)]
#[event("house:ask_in", room = House(0), join)]
struct AskIn(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("house:leave", room = House(0))]
struct Leave(u32);

/// Whether the sender is a member.
#[derive(Serialize, Deserialize, Event)]
#[event("house:knock", room = House(0), anyone, reply = bool)]
struct Knock(u32);

/// As [`Knock`], with a permission, a rate and a guard.
#[derive(Serialize, Deserialize, Event)]
#[event("house:ring", room = House(0), anyone, permit = "ring", rate = "3/h", guard = NotTooLong, reply = u32)]
struct Ring(u32, u32);

/// Puts something into the box, after a second: how much is in it.
#[derive(Serialize, Deserialize, Event)]
#[event("house:post", room = House(0), anyone, reply = u32)]
struct Post(u32);

/// As [`Post`], with a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("house:register", room = House(0), anyone, permit = "ring", reply = u32)]
struct Register(u32);

/// Has the room do to its sender what may be done to members.
#[derive(Serialize, Deserialize, Event)]
#[event("house:pester", room = House(0), anyone)]
struct Pester(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("house:smash", room = House(0), anyone)]
struct Smash(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("house:knocked")]
struct Knocked;

/// What came of asking somebody who is no member.
struct Asked(Option<salon::AskError>);

struct NotTooLong;

impl Guard<Ring> for NotTooLong {
    type Identity = ();

    async fn check(cx: Checked<'_, Ring, ()>) -> Result<(), Refusal> {
        match cx.event().1 {
            0..=9 => Ok(()),
            _ => Err(Refusal::other("too_long", "We heard you.")),
        }
    }
}

#[derive(Default)]
struct House {
    post: u32,
    asked: Option<salon::AskError>,
}

impl Room for House {
    const NAME: &'static str = "house";
    type Key = u32;
    type Identity = ();
    type Events = (
        (Enter, Stay, Later<AskIn>, Leave),
        (Knock, Ring, Later<Post>, Later<Register>, Pester, Smash),
    );
    type Sends = (Knocked,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }
}

impl On<Enter> for House {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Stay> for House {
    fn on(&mut self, _: Stay, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl OnLater<AskIn> for House {
    fn on_later(&mut self, _: AskIn, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async {
            tokio::time::sleep(SECOND).await;
            Err(Refusal::forbidden("We are full."))
        })
    }
}

impl On<Leave> for House {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl On<Knock> for House {
    fn on(&mut self, _: Knock, cx: &mut EventContext<'_, Self>) -> Result<bool, Refusal> {
        cx.broadcast(&Knocked);
        Ok(cx.is_member(cx.sender()))
    }
}

impl On<Ring> for House {
    fn on(&mut self, ring: Ring, cx: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        cx.except(cx.sender()).emit(&Knocked);
        Ok(ring.1)
    }
}

impl House {
    fn post(cx: &EventContext<'_, Self>) -> Answer<u32> {
        Answer::then(cx, tokio::time::sleep(SECOND), |house, (), cx| {
            house.post += 1;
            cx.broadcast(&Knocked);
            Ok(house.post)
        })
    }
}

impl OnLater<Post> for House {
    fn on_later(&mut self, _: Post, cx: &mut EventContext<'_, Self>) -> Answer<u32> {
        Self::post(cx)
    }
}

impl OnLater<Register> for House {
    fn on_later(&mut self, _: Register, cx: &mut EventContext<'_, Self>) -> Answer<u32> {
        Self::post(cx)
    }
}

impl On<Pester> for House {
    fn on(&mut self, _: Pester, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender();
        cx.to(sender).emit(&Knocked);
        let asked = cx.ask(sender, &Knocked, SECOND);
        cx.tell_when(async move { Asked(asked.await.err()) });
        cx.evict(sender);
        cx.leave(sender);
        Ok(())
    }
}

impl On<Smash> for House {
    fn on(&mut self, _: Smash, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("a panic in a handler");
    }
}

impl Receive<Asked> for House {
    fn receive(&mut self, Asked(asked): Asked, _: &mut RoomContext<Self>) {
        self.asked = asked;
    }
}

/// From the app: what came of asking, and what is in the box.
struct Look;

impl Reply<Look> for House {
    type Output = (Option<salon::AskError>, u32);

    fn reply(&mut self, _: Look, _: &mut RoomContext<Self>) -> Self::Output {
        (self.asked.take(), self.post)
    }
}

/// Ada is in the house 1; Ben, on the other worker and over `wire`, is not.
struct Two {
    lab: Lab,
    ada: Client,
    ben: Client,
}

impl Two {
    async fn over(wire: Wire) -> Result<Self, Failure> {
        let builder = Salon::builder().authenticate(ByName).authority(ScopesInClaims);
        let lab = Lab::builder(builder.room::<House>().build()?).workers(2).start().await;
        let ada = lab.visitor().worker(0).auth(json!({ "name": "ada" })).connect().await?;
        let ben = lab.visitor().wire(wire).worker(1).auth(json!({ "name": "ben" }));
        let ben = ben.connect().await?;
        ada.send(Enter(1)).await?;
        Ok(Self { lab, ada, ben })
    }

    fn house(&self) -> salon::RoomHandle<House> {
        self.lab.salon().room::<House>(&1)
    }

    async fn members(&self) -> usize {
        self.lab.drive(self.house().members()).await.len()
    }

    async fn posted(&self) -> Result<u32, Failure> {
        Ok(self.lab.drive(self.house().ask(Look)).await?.1)
    }
}

#[salon::test]
async fn whoever_is_no_member_is_answered_and_hears_nothing_else() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        assert!(!two.ben.send(Knock(1)).await?, "it is no member, over {wire:?}");
        two.ada.expect::<Knocked>().await;
        assert!(two.ada.send(Knock(1)).await?, "a member may as well");
        two.ada.expect::<Knocked>().await;
        two.ben.expect_none().await;
        assert_eq!(two.members().await, 1, "{wire:?}");
        two.ben.send(Enter(1)).await?;
        assert!(two.ben.send(Knock(1)).await?);
        two.ben.expect::<Knocked>().await;
        two.ben.send(Leave(1)).await?;
        assert!(!two.ben.send(Knock(1)).await?, "it is no member any more, over {wire:?}");
    }
}

#[salon::test]
async fn a_room_that_is_not_open_is_not_opened_by_it() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        assert_eq!(code(two.ben.send(Knock(2)).await), Code::NotFound, "{wire:?}");
        assert_eq!(code(two.ben.send(Post(2)).await), Code::NotFound, "{wire:?}");
        assert_eq!(two.lab.counters().get(Count::RoomsOpened), 1, "{wire:?}");
        two.lab.drive(two.house().close()).await;
        assert_eq!(code(two.ben.send(Ring(1, 1)).await), Code::NotFound, "{wire:?}");
    }
}

#[salon::test]
async fn a_room_is_not_kept_by_it() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let asked = two.ada.send(AskIn(2));
        two.lab.settle().await;
        assert!(!two.ben.send(Knock(2)).await?, "{wire:?}");
        two.lab.advance(SECOND).await;
        assert_eq!(code(asked.await), Code::Forbidden);
        two.lab.settle().await;
        assert!(!two.lab.salon().room::<House>(&2).is_open(), "nobody was in it, over {wire:?}");
    }
}

#[salon::test]
async fn it_is_checked_as_every_event_is() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        assert_eq!(two.ben.send(Ring(1, 9)).await?, 9, "{wire:?}");
        two.ada.expect::<Knocked>().await;
        let guarded = two.ben.send(Ring(1, 10)).await;
        assert_eq!(code(guarded), Code::Other("too_long".into()), "{wire:?}");
        two.ben.send(Ring(1, 0)).await?;
        assert_eq!(code(two.ben.send(Ring(1, 0)).await), Code::RateLimited, "{wire:?}");
        let eve = two.lab.visitor().wire(wire).auth(json!({ "name": "eve" })).connect().await?;
        assert_eq!(code(eve.send(Ring(1, 0)).await), Code::Forbidden, "{wire:?}");
        let closed = eve.send(Ring(2, 0)).await;
        assert_eq!(code(closed), Code::Forbidden, "whether it is open is not for her, {wire:?}");
        assert!(!eve.send(Knock(1)).await?);
    }
}

#[salon::test]
async fn what_is_for_members_is_not_for_its_sender() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        two.ben.send(Pester(1)).await?;
        two.lab.settle().await;
        two.ben.expect_none().await;
        let (asked, _) = two.lab.drive(two.house().ask(Look)).await?;
        assert!(matches!(asked, Some(salon::AskError::NotAMember)), "{asked:?} over {wire:?}");
        assert_eq!(two.members().await, 1, "{wire:?}");
    }
}

#[salon::test]
async fn an_answer_that_takes_time_changes_the_room_whether_its_sender_is_a_member_or_not() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let posted = [two.ben.send(Post(1)), two.ben.send(Register(1)), two.ada.send(Post(1))];
        two.lab.settle().await;
        // One leaves, and the other comes.
        two.ada.send(Leave(1)).await?;
        two.ben.send(Enter(1)).await?;
        two.lab.advance(SECOND).await;
        let mut numbers = Vec::new();
        for posted in posted {
            numbers.push(posted.await?);
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3], "{wire:?}");
        for _ in 0..3 {
            two.ben.expect::<Knocked>().await;
        }
        assert_eq!(two.posted().await?, 3);
    }
}

#[salon::test]
async fn an_answer_that_takes_time_is_refused_to_who_lost_the_right_or_is_gone() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let registered = two.ben.send(Register(1));
        two.lab.settle().await;
        let revoked = two.lab.salon().revoke(Who::user("ben"), What::permission("ring"));
        two.lab.drive(revoked).await;
        two.lab.advance(SECOND).await;
        assert_eq!(code(registered.await), Code::Lapsed, "{wire:?}");
        assert_eq!(two.posted().await?, 0, "{wire:?}");
        let _never_answered = two.ben.send(Post(1));
        two.lab.settle().await;
        two.ben.close();
        two.lab.advance(SECOND).await;
        assert_eq!(two.posted().await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn a_member_that_is_put_out_of_its_right_is_told_no_more_by_it() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        two.ben.send(Stay(1)).await?;
        let posted = two.ben.send(Post(1));
        two.lab.settle().await;
        let revoked = two.lab.salon().revoke(Who::user("ben"), What::permission("stay"));
        two.lab.drive(revoked).await;
        two.lab.advance(SECOND).await;
        assert_eq!(code(posted.await), Code::Lapsed, "{wire:?}");
        assert_eq!(two.posted().await?, 0, "{wire:?}");
        assert!(!two.ben.send(Knock(1)).await?, "as anybody it may, over {wire:?}");
    }
}

#[salon::test]
async fn a_panic_by_it_restarts_the_room_for_those_who_are_in_it() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        assert_eq!(code(two.ben.send(Smash(1)).await), Code::Internal, "{wire:?}");
        two.ada.expect_named("salon:restarted").await;
        two.ben.expect_none().await;
        assert_eq!((two.members().await, two.ben.send(Knock(1)).await?), (1, false));
    }
}

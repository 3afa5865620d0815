//! Answers of a room that await, then change it, then reply.
//!
//! It must never let a test pass because nothing was tried: what would have changed the vault is
//! looked for in the vault.

use salon::{
    Code, Count,
    auth::{ScopesInClaims, What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest, guest};

use crate::{
    later::{Fate, Outcome, SECOND, Work},
    table::{code, said_and_heard},
};

/// Becomes a change of the vault, and replies with what is in it then.
fn pay(payment: Work, cx: &mut EventContext<'_, Vault>) -> Answer<u32> {
    let (paid, outcome) = payment.begin();
    Answer::then(cx, paid, |vault, amount, cx| {
        outcome.ask()?;
        vault.sum += amount;
        let by = cx.sender().id().to_owned();
        cx.broadcast(&Paid { by, sum: vault.sum });
        Ok(vault.sum)
    })
}

#[derive(Serialize, Deserialize, Event)]
#[event("vault:enter", room = Vault(0), join)]
struct Enter(u32);

/// As [`Enter`], by a payment: who does not pay is not in.
#[derive(Serialize, Deserialize, Event)]
#[event("vault:buy_in", room = Vault(0), join, reply = u32)]
struct BuyIn(u32, Work);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:pay", room = Vault(0), reply = u32)]
struct Pay(u32, Work);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:pay_in", room = Vault(0), permit = "pay", reply = u32)]
struct PayIn(u32, Work);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:sum", room = Vault(0), reply = u32)]
struct Sum(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:leave", room = Vault(0))]
struct Leave(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:burn", room = Vault(0))]
struct Burn(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("vault:close", room = Vault(0))]
struct Close(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("vault:paid")]
struct Paid {
    by: String,
    sum: u32,
}

#[derive(Default)]
struct Vault {
    sum: u32,
}

impl Room for Vault {
    const NAME: &'static str = "vault";
    const SEQUENCED: bool = false;
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter, Later<BuyIn>, (Later<Pay>, Later<PayIn>), (Sum, Leave, Burn, Close));
    type Sends = (Paid,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }
}

impl On<Enter> for Vault {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl OnLater<BuyIn> for Vault {
    fn on_later(&mut self, event: BuyIn, cx: &mut EventContext<'_, Self>) -> Answer<u32> {
        pay(event.1, cx)
    }
}

impl OnLater<Pay> for Vault {
    fn on_later(&mut self, event: Pay, cx: &mut EventContext<'_, Self>) -> Answer<u32> {
        pay(event.1, cx)
    }
}

impl OnLater<PayIn> for Vault {
    fn on_later(&mut self, event: PayIn, cx: &mut EventContext<'_, Self>) -> Answer<u32> {
        pay(event.1, cx)
    }
}

impl On<Sum> for Vault {
    fn on(&mut self, _: Sum, _: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        Ok(self.sum)
    }
}

impl On<Leave> for Vault {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender();
        cx.leave(sender);
        Ok(())
    }
}

impl On<Burn> for Vault {
    fn on(&mut self, _: Burn, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("a panic in a handler");
    }
}

impl On<Close> for Vault {
    fn on(&mut self, _: Close, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.close();
        Ok(())
    }
}

/// Two clients in one vault, on different workers; the first over `wire`.
struct Two {
    lab: Lab,
    ada: Client,
    ben: Client,
}

impl Two {
    async fn over(wire: Wire) -> Result<Self, Failure> {
        let salon = Salon::builder()
            .authenticate(ByName::with("vault:*:pay"))
            .authority(ScopesInClaims)
            .room::<Vault>()
            .build()?;
        let lab = Lab::builder(salon).workers(2).start().await;
        let ada = lab.visitor().wire(wire).worker(0).auth(guest("ada"));
        let ada = ada.connect().await?;
        let ben = lab.visitor().worker(1).auth(guest("ben")).connect().await?;
        ben.send(Enter(1)).await?;
        ada.send(Enter(1)).await?;
        Ok(Self { lab, ada, ben })
    }

    /// What is in the vault, as the other sees it.
    async fn sum(&self) -> Result<u32, Failure> {
        Ok(self.ben.send(Sum(1)).await?)
    }

    fn panics(&self) -> u64 {
        self.lab.counters().get(Count::HandlerPanics)
    }
}

#[salon::test]
async fn a_room_awaits_then_changes_then_replies_behind_what_it_broadcast() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let paid = two.ada.send(Pay(1, Work::of(5)));
        assert_eq!(two.sum().await?, 0, "others are served meanwhile, over {wire:?}");
        two.lab.advance(SECOND).await;
        assert_eq!(paid.await?, 5, "{wire:?}");
        let by = two.ada.id().ok_or("it is connected")?;
        for client in [&two.ada, &two.ben] {
            assert_eq!(client.expect::<Paid>().await, Paid { by: by.clone(), sum: 5 });
        }
        let heard = said_and_heard(&two.ada);
        let at = |what: &str| heard.iter().rposition(|line| line.starts_with(what));
        assert!(at("← vault:paid") < at("← acknowledgement"), "{wire:?}: {heard:?}");
        assert_eq!(two.sum().await?, 5);
    }
}

#[salon::test]
async fn a_refusal_is_the_reply_and_nobody_hears_of_it() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let refused = two.ada.send(Pay(1, Work::of(5).with(Fate::Refused)));
        two.lab.advance(SECOND).await;
        assert_eq!(code(refused.await), Outcome::refused(), "{wire:?}");
        assert_eq!(two.sum().await?, 0);
        assert_eq!(two.panics(), 0);
    }
}

#[salon::test]
async fn whose_joining_event_is_refused_in_the_end_is_put_out_again() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        two.ada.send(Leave(1)).await?;
        for fate in [Fate::Refused, Fate::Done] {
            let joined = two.ada.send(BuyIn(1, Work::of(5).with(fate)));
            two.lab.advance(SECOND).await;
            let is_in = joined.await.is_ok();
            assert_eq!(is_in, fate == Fate::Done);
            assert_eq!(two.ada.send(Sum(1)).await.is_ok(), is_in, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn a_panic_behind_the_future_restarts_the_room_and_is_counted_once() {
    for wire in Wire::ALL {
        for fate in [Fate::Panics, Fate::FuturePanics] {
            let two = Two::over(wire).await?;
            let paid = two.ben.send(Pay(1, Work::of(3).for_seconds(0)));
            two.lab.settle().await;
            assert_eq!(paid.await?, 3);
            let panicked = two.ada.send(Pay(1, Work::of(5).with(fate)));
            two.lab.advance(SECOND).await;
            assert_eq!(code(panicked.await), Code::Internal, "{fate:?} over {wire:?}");
            assert_eq!(two.panics(), 1, "{fate:?} over {wire:?}");
            for client in [&two.ada, &two.ben] {
                client.expect_named("salon:restarted").await;
            }
            assert_eq!(two.sum().await?, 0, "it is a new state");
            assert_eq!(two.ada.send(Sum(1)).await?, 0, "its members are still there");
        }
    }
}

#[salon::test]
async fn what_a_state_that_is_gone_has_waited_for_does_not_change_the_one_that_came_after() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let paid = two.ada.send(Pay(1, Work::of(5)));
        two.lab.settle().await;
        assert_eq!(code(two.ben.send(Burn(1)).await), Code::Internal);
        two.lab.advance(SECOND).await;
        assert_eq!(code(paid.await), Code::Closed, "{wire:?}");
        two.ada.expect_none_of::<Paid>().await;
        assert_eq!(two.sum().await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn what_a_room_has_waited_for_that_closed_is_refused_as_closed() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let paid = two.ada.send(Pay(1, Work::of(5)));
        two.lab.settle().await;
        two.ben.send(Close(1)).await?;
        // Another of its key is there when its time comes.
        two.ben.send(Enter(1)).await?;
        two.lab.advance(SECOND).await;
        assert_eq!(code(paid.await), Code::Closed, "{wire:?}");
        assert_eq!(two.sum().await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn for_who_left_meanwhile_nothing_is_changed_though_it_came_back() {
    for wire in Wire::ALL {
        for comes_back in [false, true] {
            let two = Two::over(wire).await?;
            let paid = two.ada.send(Pay(1, Work::of(5)));
            two.ada.send(Leave(1)).await?;
            if comes_back {
                two.ada.send(Enter(1)).await?;
            }
            two.lab.advance(SECOND).await;
            assert_eq!(code(paid.await), Code::NotAMember, "{wire:?}");
            assert_eq!(two.sum().await?, 0, "{wire:?}");
        }
    }
}

#[salon::test]
async fn for_who_was_disconnected_meanwhile_nothing_is_changed() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let _never_answered = two.ada.send(Pay(1, Work::of(5)));
        two.lab.settle().await;
        two.ada.close();
        two.lab.advance(SECOND).await;
        assert_eq!(two.sum().await?, 0, "{wire:?}");
        assert_eq!(two.panics(), 0);
    }
}

#[salon::test]
async fn who_loses_the_right_meanwhile_is_refused_and_changes_nothing() {
    let rights = [What::permission("pay"), What::room("vault:1")];
    for (wire, what) in Wire::ALL.into_iter().flat_map(|wire| rights.clone().map(|it| (wire, it))) {
        let two = Two::over(wire).await?;
        let paid = two.ada.send(PayIn(1, Work::of(5)));
        two.lab.settle().await;
        two.lab.drive(two.lab.salon().revoke(Who::user("ada"), what.clone())).await;
        two.lab.advance(SECOND).await;
        assert_eq!(code(paid.await), Code::Lapsed, "{what:?} over {wire:?}");
        assert_eq!(two.sum().await?, 0, "{what:?} over {wire:?}");
    }
}

#[salon::test]
async fn what_comes_too_late_is_refused_as_timeout_and_never_done() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let paid = two.ada.send(Pay(1, Work::of(5).for_seconds(31)));
        two.lab.advance(30 * SECOND).await;
        assert_eq!(code(paid.await), Code::Timeout, "{wire:?}");
        two.lab.advance(2 * SECOND).await;
        assert_eq!(two.sum().await?, 0, "{wire:?}");
        assert_eq!(two.lab.counters().get(Count::LateAnswers), 1);
    }
}

#[salon::test]
async fn what_never_runs_is_dropped_where_its_panic_harms_nobody() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let order = |seconds| Work::of(5).with(Fate::DropPanics).for_seconds(seconds);
        // Its sender has left; and of one that is late nobody wants to know.
        let left = two.ada.send(Pay(1, order(1)));
        two.ada.send(Leave(1)).await?;
        let late = two.ben.send(Pay(1, order(31)));
        two.lab.advance(32 * SECOND).await;
        assert_eq!(code(left.await), Code::NotAMember, "{wire:?}");
        assert_eq!(code(late.await), Code::Timeout, "{wire:?}");
        assert_eq!(two.panics(), 2, "{wire:?}");
        assert_eq!(two.sum().await?, 0, "the room goes on as it was, over {wire:?}");
        two.ben.expect_none().await;
    }
}

#[salon::test]
async fn answers_are_concluded_in_the_order_in_which_their_futures_are_done() {
    for wire in Wire::ALL {
        let two = Two::over(wire).await?;
        let slow = two.ada.send(Pay(1, Work::of(100).for_seconds(3)));
        let fast = two.ada.send(Pay(1, Work::of(1)));
        two.lab.advance(3 * SECOND).await;
        assert_eq!((fast.await?, slow.await?), (1, 101), "{wire:?}");
        for sum in [1, 101] {
            assert_eq!(two.ben.expect::<Paid>().await.sum, sum);
        }
    }
}

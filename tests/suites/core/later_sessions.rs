//! Answers of a session that await, then change it, then reply.
//!
//! It must never look at a room: those have a file of their own.

use salon::{
    Code, Count, SessionContext,
    auth::{ScopesInClaims, What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest, guest};

use crate::{
    later::{Fate, Outcome, SECOND, Work},
    table::{code, said_and_heard},
};

#[derive(Serialize, Deserialize, Event)]
#[event("buy", reply = u32)]
struct Buy(Work);

#[derive(Serialize, Deserialize, Event)]
#[event("buy_by_right", permit = "buy", reply = u32)]
struct BuyByRight(Work);

/// As [`BuyByRight`], and asks to be reminded a second later.
#[derive(Serialize, Deserialize, Event)]
#[event("buy_with_reminder", permit = "buy", reply = u32)]
struct BuyWithReminder(Work);

#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = u32)]
struct HowMany;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("bought")]
struct Bought(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("reminder")]
struct Reminder;

struct Basket {
    things: u32,
}

fn buy(work: Work, reminds: bool, cx: &mut SessionContext<Basket>) -> Answer<u32> {
    let (delivered, outcome) = work.begin();
    Answer::then(cx, delivered, move |basket, things, cx| {
        outcome.ask()?;
        if reminds {
            cx.after(SECOND, |_, cx| {
                cx.emit(&Reminder);
            });
        }
        basket.things += things;
        cx.try_emit(&Bought(basket.things))?;
        Ok(basket.things)
    })
}

impl Session for Basket {
    type Identity = Guest;
    type Events = (Later<Buy>, Later<BuyByRight>, Later<BuyWithReminder>, HowMany);
    type Sends = (Bought, Reminder);

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self { things: 0 })
    }
}

impl OnLater<Buy> for Basket {
    fn on_later(&mut self, Buy(work): Buy, cx: &mut SessionContext<Self>) -> Answer<u32> {
        buy(work, false, cx)
    }
}

impl OnLater<BuyByRight> for Basket {
    fn on_later(
        &mut self,
        BuyByRight(work): BuyByRight,
        cx: &mut SessionContext<Self>,
    ) -> Answer<u32> {
        buy(work, false, cx)
    }
}

impl OnLater<BuyWithReminder> for Basket {
    fn on_later(
        &mut self,
        BuyWithReminder(work): BuyWithReminder,
        cx: &mut SessionContext<Self>,
    ) -> Answer<u32> {
        buy(work, true, cx)
    }
}

impl On<HowMany> for Basket {
    fn on(&mut self, _: HowMany, _: &mut SessionContext<Self>) -> Result<u32, Refusal> {
        Ok(self.things)
    }
}

async fn over(wire: Wire) -> Result<(Lab, Client), Failure> {
    let salon = Salon::builder()
        .authenticate(ByName::with("buy"))
        .authority(ScopesInClaims)
        .session::<Basket>()
        .build()?;
    let lab = Lab::new(salon).await;
    let client = lab.connect_over(wire, guest("ada")).await?;
    Ok((lab, client))
}

fn panics(lab: &Lab) -> u64 {
    lab.counters().get(Count::HandlerPanics)
}

#[salon::test]
async fn a_session_awaits_then_changes_then_replies_behind_what_it_emitted() {
    for wire in Wire::ALL {
        let (lab, client) = over(wire).await?;
        let bought = client.send(Buy(Work::of(1)));
        assert_eq!(client.send(HowMany).await?, 0, "others are handled meanwhile, over {wire:?}");
        lab.advance(SECOND).await;
        assert_eq!(bought.await?, 1, "{wire:?}");
        assert_eq!(client.expect::<Bought>().await, Bought(1));
        let heard = said_and_heard(&client);
        let at = |what: &str| heard.iter().rposition(|line| line.starts_with(what));
        assert!(at("← bought") < at("← acknowledgement"), "{wire:?}: {heard:?}");
        assert_eq!(client.send(HowMany).await?, 1);
    }
}

#[salon::test]
async fn a_refusal_or_a_panic_behind_the_future_is_the_reply_and_the_session_goes_on() {
    for wire in Wire::ALL {
        let (lab, client) = over(wire).await?;
        let fates = [
            (Fate::Refused, Outcome::refused(), 0),
            (Fate::Panics, Code::Internal, 1),
            (Fate::FuturePanics, Code::Internal, 2),
        ];
        for (fate, wanted, counted) in fates {
            let bought = client.send(Buy(Work::of(1).with(fate)));
            lab.advance(SECOND).await;
            assert_eq!(code(bought.await), wanted, "{fate:?} over {wire:?}");
            assert_eq!(panics(&lab), counted, "{fate:?} over {wire:?}");
            assert_eq!(client.send(HowMany).await?, 0, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn who_loses_the_permission_meanwhile_is_refused_and_nothing_is_done() {
    for wire in Wire::ALL {
        let (lab, client) = over(wire).await?;
        let bought = client.send(BuyByRight(Work::of(1)));
        lab.settle().await;
        lab.drive(lab.salon().revoke(Who::user("ada"), What::permission("buy"))).await;
        lab.advance(SECOND).await;
        assert_eq!(code(bought.await), Code::Lapsed, "{wire:?}");
        assert_eq!(client.send(HowMany).await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn what_is_begun_behind_the_future_rests_on_the_same_permission() {
    for wire in Wire::ALL {
        for is_lost in [false, true] {
            let (lab, client) = over(wire).await?;
            let bought = client.send(BuyWithReminder(Work::of(1)));
            lab.advance(SECOND).await;
            assert_eq!(bought.await?, 1);
            if is_lost {
                lab.drive(lab.salon().revoke(Who::user("ada"), What::permission("buy"))).await;
            }
            lab.advance(SECOND).await;
            if is_lost {
                client.expect_none_of::<Reminder>().await;
            } else {
                assert_eq!(client.expect::<Reminder>().await, Reminder);
            }
        }
    }
}

#[salon::test]
async fn what_comes_too_late_is_refused_as_timeout_and_never_done() {
    for wire in Wire::ALL {
        let (lab, client) = over(wire).await?;
        let bought = client.send(Buy(Work::of(1).for_seconds(31)));
        lab.advance(30 * SECOND).await;
        assert_eq!(code(bought.await), Code::Timeout, "{wire:?}");
        lab.advance(2 * SECOND).await;
        assert_eq!(client.send(HowMany).await?, 0, "{wire:?}");
        client.expect_none().await;
    }
}

#[salon::test]
async fn what_never_runs_is_dropped_where_its_panic_harms_nobody() {
    for wire in Wire::ALL {
        let (lab, client) = over(wire).await?;
        let late = client.send(Buy(Work::of(1).with(Fate::DropPanics).for_seconds(31)));
        lab.advance(32 * SECOND).await;
        assert_eq!(code(late.await), Code::Timeout, "{wire:?}");
        assert_eq!(panics(&lab), 1, "{wire:?}");
        assert_eq!(client.send(HowMany).await?, 0, "{wire:?}");
        // Its session ends before it has waited for what it wants.
        let _never_answered = client.send(Buy(Work::of(1).with(Fate::DropPanics)));
        lab.settle().await;
        client.close();
        lab.advance(SECOND).await;
        assert_eq!(panics(&lab), 2, "{wire:?}");
        let other = lab.connect(guest("ada")).await?;
        assert_eq!(other.send(HowMany).await?, 0, "{wire:?}");
    }
}

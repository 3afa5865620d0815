//! What an app is asked about its clients, and is given up because it takes too long: its drop panics.
//!
//! It must never be missed by whoever looks after the clients of a worker: what it asks next is asked.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    Code,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
    testing::{Lab, Wire},
};

use crate::app::{bomb, counted};

/// How often it is asked again about what a session stands on.
const EVERY: Duration = Duration::from_secs(60);

/// Who is asked: answers once, and then never, and panics when it is given up.
#[derive(Clone, Default)]
struct Tired(Arc<AtomicU32>);

impl Tired {
    async fn answer(&self) {
        if self.0.fetch_add(1, Ordering::SeqCst) > 0 {
            let _bomb = bomb();
            pending::<()>().await;
        }
    }

    fn asked(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Authenticator for Tired {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<()>, Refusal> {
        self.answer().await;
        Ok(Authenticated::new(()))
    }
}

impl Authority for Tired {
    type Identity = ();

    async fn decide(&self, _: Question<()>) -> Result<Grant, Refusal> {
        self.answer().await;
        Ok(Grant::standing())
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("cell:enter", room = Cell(cell), join, permit = "enter")]
struct Enter {
    cell: u32,
}

struct Cell;

impl Room for Cell {
    const NAME: &'static str = "cell";
    type Key = u32;
    type Identity = ();
    type Events = (Enter,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Cell {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("wait", guard = Never)]
struct Wait;

/// Never answers.
struct Never;

impl Guard<Wait> for Never {
    type Identity = ();

    async fn check(_: Checked<'_, Wait, ()>) -> Result<(), Refusal> {
        let _bomb = bomb();
        pending().await
    }
}

struct Guest;

impl Session for Guest {
    type Identity = ();
    type Events = (Wait,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Wait> for Guest {
    fn on(&mut self, _: Wait, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn salon(authenticator: &Tired, authority: &Tired) -> Salon {
    Salon::builder()
        .authenticate(authenticator.clone())
        .authority(authority.clone())
        .guard_events(|event| async move {
            if event.name() == "never" {
                let _bomb = bomb();
                pending::<()>().await;
            }
            Ok(())
        })
        .on("never", |_, _| {})
        .lapses(|lapses| lapses.reevaluate_every = Some(EVERY))
        .session::<Guest>()
        .room::<Cell>()
        .build()
        .expect("the app is in order")
}

#[salon::test]
async fn a_check_of_an_event_that_is_given_up_is_its_senders_alone_and_counted() {
    for wire in Wire::ALL {
        let lab = Lab::new(salon(&Tired::default(), &Tired::default())).await;
        let client = lab.connect_over(wire, ()).await?;
        let guarded = client.send(Wait);
        let middleware = client.call::<()>("never", ());
        lab.advance(EVERY / 2).await;
        for answer in [guarded.await.map(drop), middleware.await.map(drop)] {
            assert_eq!(answer.map_err(|refusal| refusal.code().clone()), Err(Code::Timeout));
        }
        counted(&lab, 2, &["event=wait", "event=never"]);
    }
}

#[salon::test]
async fn who_is_asked_again_and_given_up_does_not_keep_the_others_from_being_asked() {
    for wire in Wire::ALL {
        let (authenticator, authority) = (Tired::default(), Tired::default());
        let lab = Lab::new(salon(&authenticator, &authority)).await;
        let client = lab.connect_over(wire, ()).await?;
        client.send(Enter { cell: 1 }).await?;
        // In between, when the answers of each round are waited for no more.
        lab.advance(EVERY / 2).await;
        for round in 2..5 {
            lab.advance(EVERY).await;
            assert_eq!((authenticator.asked(), authority.asked()), (round, round), "{wire:?}");
        }
        // What is not known to have ended goes on.
        assert_eq!(lab.drive(lab.salon().room::<Cell>(&1).members()).await.len(), 1);
        counted(&lab, 6, &["event=salon:refresh", "event=enter"]);
    }
}

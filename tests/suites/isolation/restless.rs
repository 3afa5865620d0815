//! A room that panics again each time that it is opened anew.
//!
//! It must never end by itself: what ends it is its policy, or this test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Presence, Present,
    prelude::*,
    testing::{Lab, Wire},
};

use crate::{
    app::{Bystanders, Hall},
    sessions::{ByName, Guest},
};

/// More than a room should do in one go.
const MANY: u64 = 2_000;

/// How often a state was looked at and panicked.
#[derive(Clone, Default)]
struct Panics(Arc<AtomicU64>);

#[derive(Serialize, Deserialize, Event)]
#[event("shaft:enter", room = Shaft(shaft), join)]
struct Enter {
    shaft: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("shaft:fall", room = Shaft(shaft))]
struct Fall {
    shaft: u32,
}

/// Once it has been opened anew, what is seen of its members cannot be said.
struct Shaft {
    panics: Panics,
    is_first: bool,
}

impl Room for Shaft {
    const NAME: &'static str = "shaft";
    const RESTART: Restart =
        Restart::Within { restarts: u32::MAX, period: Duration::from_millis(1) };
    const PRESENCE: Presence<Self> = Presence::on();
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter, Fall);
    type Sends = ();

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self { panics: cx.data::<Panics>()?.clone(), is_first: cx.is_empty() })
    }
}

impl Present for Shaft {
    type Meta = ();

    fn meta(&self, _: &Member<Guest>) {
        if !self.is_first && self.panics.0.fetch_add(1, Ordering::Relaxed) < MANY {
            panic!("nothing can be seen");
        }
    }
}

impl On<Enter> for Shaft {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Fall> for Shaft {
    fn on(&mut self, _: Fall, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("it falls")
    }
}

#[salon::test]
async fn a_room_that_panics_whenever_it_is_opened_anew_leaves_its_worker_to_others() {
    for wire in Wire::ALL {
        let panics = Panics::default();
        let builder = Salon::builder().authenticate(ByName).data(panics.clone());
        let lab = Lab::new(builder.room::<Shaft>().room::<Hall>().build()?).await;
        let bystanders = Bystanders::come(&lab).await?;
        let client = lab.connect_over(wire, ()).await?;
        client.send(Enter { shaft: 1 }).await?;
        client.emit(Fall { shaft: 1 });
        let seen = || panics.0.load(Ordering::Relaxed);
        while seen() == 0 {
            bystanders.talk().await?;
        }
        let first = seen();
        for _ in 0..100 {
            bystanders.talk().await?;
        }
        assert!(seen() > first, "{wire:?}: it goes on meanwhile");
        assert!(first < MANY, "{wire:?}: others have their turn in between");
        lab.settle().await;
        assert_eq!(seen(), MANY + 1, "{wire:?}: it went on until it could");
        bystanders.talk().await?;
    }
}

//! A state that cannot be written down: what was done with it is undone.
//!
//! It must never be that an event is kept and the state is not of which it tells.

use std::collections::BTreeMap;

use salon::{
    BuildError, Code, History,
    prelude::*,
    store::MemoryStore,
    testing::{Client, Lab},
};

#[derive(Serialize, Deserialize, Event)]
#[event("till:open", room = Till(till), join)]
struct Open {
    till: u32,
}

/// Counts one up, in a state that can be kept or not; and says so whatever comes of it, or refuses.
#[derive(Serialize, Deserialize, Event)]
#[event("till:count", room = Till(till), reply = u64, once = id)]
struct Count {
    till: u32,
    id: u64,
    keeps: bool,
    refuses: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("till:counted")]
struct Counted {
    n: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Till {
    n: u64,
    /// Its keys are no texts: unless it is empty it has no JSON form.
    pairs: BTreeMap<(u32, u32), u32>,
}

#[salon::room(key = u32, sends = (Counted,), history = History::keep(100).durable())]
impl Till {
    #[hook]
    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(cx.kept()?.unwrap_or_default())
    }

    #[on]
    fn open_till(&mut self, _: Open) {}

    #[on]
    fn count(&mut self, count: Count, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        self.n += 1;
        if !count.keeps {
            self.pairs.insert((1, 2), 3);
        }
        cx.broadcast(&Counted { n: self.n });
        match (cx.keep(self), count.refuses) {
            (Err(refusal), true) => Err(refusal),
            (_, _) => Ok(self.n),
        }
    }
}

fn app(store: &MemoryStore) -> Result<Salon, BuildError> {
    Salon::builder().store(store.clone()).room::<Till>().build()
}

fn count(id: u64, keeps: bool, refuses: bool) -> Count {
    Count { till: 1, id, keeps, refuses }
}

/// What was counted, of what came.
async fn counted(client: &Client) -> Vec<u64> {
    let events = client.events().await;
    let counted = events.iter().filter(|event| event.name == "till:counted");
    counted.filter_map(|event| event.json()[0]["n"].as_u64()).collect()
}

#[salon::test]
async fn nothing_is_said_or_kept_of_a_turn_whose_state_cannot_be() {
    for refuses in [false, true] {
        let store = MemoryStore::new();
        let mut lab = Lab::new(app(&store)?).await;
        let ada = lab.connect(()).await?;
        ada.send(Open { till: 1 }).await?;
        assert_eq!(ada.send(count(1, true, refuses)).await?, 1);
        let refused = ada.send(count(2, false, refuses)).await.expect_err("it cannot be kept");
        assert_eq!(refused.code(), &Code::Internal);
        assert_eq!(counted(&ada).await, [1], "of the other nobody has heard");
        assert_eq!(
            ada.send(count(2, true, refuses)).await?,
            2,
            "the key is free: it was not handled"
        );
        lab.restart(app(&store)?).await;
        ada.resume().await?;
        ada.send(Open { till: 1 }).await?;
        assert_eq!(ada.send(count(3, true, refuses)).await?, 3);
        assert_eq!(counted(&ada).await, [2, 3]);
    }
}

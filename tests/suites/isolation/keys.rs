//! Keys of rooms whose own code panics: as they are made a name of, looked up, compared, copied,
//! dropped.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use salon::{
    Code,
    prelude::*,
    testing::{Lab, Wire},
};

use crate::{
    app::{Bystanders, Hall, logged},
    sessions::{ByName, Guest},
};

/// Panics in what it is called after.
#[derive(Serialize, Deserialize)]
struct Key(String);

impl Key {
    fn not(&self, what: &str) {
        assert!(!self.0.starts_with(what), "a key's {what}");
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        self.not("clone");
        Self(self.0.clone())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.not("eq");
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.not("hash");
        // All in one place of a table, so that they are compared.
        0.hash(state);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.not("display");
        f.write_str(&self.0)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.not("drop");
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:reach", room = Shelf(shelf), join)]
struct Reach {
    shelf: Key,
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:take", room = Shelf(shelf))]
struct Take {
    shelf: Key,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("shelf:took")]
struct Took;

struct Shelf;

impl Room for Shelf {
    const NAME: &'static str = "shelf";
    type Key = Key;
    type Identity = Guest;
    type Events = (Reach, Take);
    type Sends = (Took,);

    fn open(_: &Key, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        cx.list(());
        Ok(Self)
    }
}

impl salon::Listing for Shelf {
    type Entry = ();
}

impl On<Reach> for Shelf {
    fn on(&mut self, _: Reach, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Take> for Shelf {
    fn on(&mut self, _: Take, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Took);
        Ok(())
    }
}

fn app() -> Salon {
    let builder = Salon::builder().authenticate(ByName).room::<Shelf>().room::<Hall>();
    builder.build().expect("the app is in order")
}

fn key(key: &str) -> serde_json::Value {
    serde_json::json!({ "shelf": key })
}

#[salon::test]
async fn a_key_whose_code_panics_harms_no_other_room_and_no_other_client() {
    for what in ["clone", "eq", "hash", "display", "drop"] {
        for wire in Wire::ALL {
            let lab = Lab::builder(app()).workers(2).start().await;
            let bystanders = Bystanders::come(&lab).await?;
            let neighbour = lab.connect(()).await?;
            neighbour.call::<()>("shelf:reach", (key("calm"),)).await?;
            let client = lab.connect_over(wire, ()).await?;
            for _ in 0..4 {
                let came = client.call::<()>("shelf:reach", (key(what),)).await;
                if let Err(refusal) = came {
                    assert_eq!(*refusal.code(), Code::Internal, "{what}");
                }
                bystanders.talk().await?;
                neighbour.call::<()>("shelf:take", (key("calm"),)).await?;
                neighbour.expect::<Took>().await;
            }
            let panics = lab.counters().get(salon::Count::HandlerPanics);
            assert!(panics > 0, "{what}");
            client.disconnect();
            neighbour.disconnect();
            lab.advance(crate::app::A_WHILE).await;
            bystanders.talk().await?;
            // Whoever comes later finds everything in order.
            let later = lab.connect(()).await?;
            later.call::<()>("shelf:reach", (key("calm"),)).await?;
            later.disconnect();
            bystanders.go(&lab).await;
            let panics = lab.counters().get(salon::Count::HandlerPanics);
            assert_eq!(logged(&lab).len() as u64, panics, "{what}: {:#?}", logged(&lab));
        }
    }
}

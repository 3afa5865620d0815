use salon::prelude::*;

struct Kitchen;

#[derive(Deserialize, Event)]
#[event("kitchen:cook", room = Kitchen(kitchen))]
struct Cook {
    kitchen: u64,
}

impl Room for Kitchen {
    const NAME: &'static str = "kitchen";
    type Key = u64;
    type Identity = ();
    type Events = (Cook,);
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

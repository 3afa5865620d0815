use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("kitchen:cook", room = Kitchen(kitchen))]
struct Cook {
    kitchen: u64,
}

struct Kitchen;

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

impl On<Cook> for Kitchen {
    fn on(&mut self, _: Cook, _: &mut RoomContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn main() {}

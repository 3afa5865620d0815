use salon::prelude::*;

struct Kitchen;

#[derive(Deserialize, Event)]
#[event("kitchen:enter", room = Kitchen(kitchen), join)]
struct Enter {
    kitchen: u64,
}

#[derive(Deserialize, Event)]
#[event("kitchen:cook", room = Kitchen(kitchen))]
struct Cook {
    kitchen: u64,
}

impl Room for Kitchen {
    const NAME: &'static str = "kitchen";
    type Key = u64;
    type Identity = ();
    type Events = (Enter, (Cook,));
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Kitchen {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn main() {}

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("kitchen:cook", room = Kitchen(kitchen), guard = NotMuted)]
struct Cook {
    kitchen: u64,
}

struct NotMuted;

struct Kitchen;

impl Room for Kitchen {
    const NAME: &'static str = "kitchen";
    type Key = u64;
    type Identity = ();
    type Events = (Later<Cook>,);
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Cook> for Kitchen {
    fn on_later(&mut self, _: Cook, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async { Ok(()) })
    }
}

fn main() {}

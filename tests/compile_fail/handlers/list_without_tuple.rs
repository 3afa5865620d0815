use salon::prelude::*;

struct Chef;

#[derive(Deserialize, Event)]
#[event("cook")]
struct Cook;

impl Session for Chef {
    type Identity = ();
    type Events = Cook;
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Cook> for Chef {
    fn on(&mut self, _: Cook, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn main() {}

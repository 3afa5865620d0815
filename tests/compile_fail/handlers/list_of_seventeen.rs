use salon::prelude::*;

struct Chef;

#[derive(Deserialize, Event)]
#[event("cook")]
struct E;

impl Session for Chef {
    type Identity = ();
    type Events = (E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<E> for Chef {
    fn on(&mut self, _: E, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn main() {}

use salon::{app::SessionListed, prelude::*};

struct Chef;

impl Session for Chef {
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

struct Menu;

impl SessionListed<Chef> for Menu {}

fn main() {}

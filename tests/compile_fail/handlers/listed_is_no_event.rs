use salon::prelude::*;

#[derive(Deserialize)]
struct Cook;

struct Chef;

impl Session for Chef {
    type Identity = ();
    type Events = (Cook,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

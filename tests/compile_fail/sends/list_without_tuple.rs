use salon::prelude::*;

#[derive(Serialize, Event)]
#[event("chat:said")]
struct Said<'a> {
    text: &'a str,
}

#[derive(Serialize, Event)]
#[event("chat:left")]
struct Left;

struct Guest;

impl Session for Guest {
    type Identity = ();
    type Events = ();
    type Sends = Left;

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}

use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("say", guard = NotMuted)]
struct Say {
    text: String,
}

struct NotMuted;

struct Talk;

impl Session for Talk {
    type Identity = u64;
    type Events = (Say,);
    type Sends = ();

    fn connect(_: &Candidate<'_, u64>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Say> for Talk {
    fn on(&mut self, _: Say, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn main() {}

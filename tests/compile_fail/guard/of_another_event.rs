use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("say", guard = NotMuted)]
struct Say {
    text: String,
}

struct NotMuted;

#[derive(Event)]
#[event("shout")]
struct Shout;

impl Guard<Shout> for NotMuted {
    type Identity = u64;

    async fn check(_: Checked<'_, Shout, u64>) -> Result<(), Refusal> {
        Ok(())
    }
}

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

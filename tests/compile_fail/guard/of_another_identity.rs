use salon::prelude::*;

#[derive(Deserialize, Event)]
#[event("say", guard = NotMuted)]
struct Say {
    text: String,
}

struct NotMuted;

impl Guard<Say> for NotMuted {
    type Identity = String;

    async fn check(_: Checked<'_, Say, String>) -> Result<(), Refusal> {
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

use salon::prelude::*;

#[derive(Serialize, Event)]
#[event("chat:said")]
struct Said<'a> {
    text: &'a str,
}

#[derive(Serialize, Event)]
#[event("chat:left")]
struct Left;

#[derive(Deserialize, Event)]
#[event("hello")]
struct Hello;

struct Guest;

impl Session for Guest {
    type Identity = ();
    type Events = (Hello,);
    type Sends = ((), (Said<'static>,));

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Hello> for Guest {
    fn on(&mut self, _: Hello, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        cx.emit(&Said { text: "hello" });
        cx.emit(&Left);
        Ok(())
    }
}

fn main() {}

//! The app of the guide's page on the plain protocol, which is used by hand and by clients without a
//! library.
//!
//! It must never be more than what that page shows.

use salon::{History, Salon, prelude::*};

use crate::Result;

/// Clients send it, and get a greeting.
#[derive(Serialize, Deserialize, Event)]
#[event("greet", reply = String)]
pub struct Greet {
    name: String,
}

/// Is greeted, and no more.
pub struct Visitor;

impl Session for Visitor {
    type Identity = ();
    type Events = (Greet,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Greet> for Visitor {
    fn on(&mut self, greet: Greet, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        Ok(format!("Hello, {}", greet.name))
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:join", room = Chat(room), join, reply = Vec<String>)]
struct Join {
    room: String,
    name: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:say", room = Chat(room))]
struct Say {
    room: String,
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:said")]
struct Said {
    by: String,
    text: String,
}

/// Knows its members by the names that they said.
#[derive(Default)]
struct Chat {
    names: Vec<(String, String)>,
}

impl Room for Chat {
    const NAME: &'static str = "chat";
    const HISTORY: History = History::keep(100);
    type Key = String;
    type Identity = ();
    type Events = (Join, Say);
    type Sends = (Said,);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }
}

impl On<Join> for Chat {
    fn on(&mut self, join: Join, cx: &mut EventContext<'_, Self>) -> Result<Vec<String>, Refusal> {
        self.names.push((cx.sender().id().to_owned(), join.name));
        Ok(self.names.iter().map(|(_, name)| name.clone()).collect())
    }
}

impl On<Say> for Chat {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = self.names.iter().find(|(id, _)| id == cx.sender().id());
        let by = sender.map(|(_, name)| name.clone()).unwrap_or_default();
        cx.broadcast(&Said { by, text: say.text });
        Ok(())
    }
}

/// The app.
pub fn app() -> Result<Salon> {
    Ok(Salon::builder().session::<Visitor>().room::<Chat>().build()?)
}

//! The app behind the proxies: a greeting, and a chat that remembers and says who has left.
//!
//! It must never know how its clients come.

use std::time::Duration;

use salon::{Builder, History, LeaveReason, Salon, auth::Identified, prelude::*};
use salon_tests::by_hand::Visitor;

#[derive(Serialize, Deserialize, Event)]
#[event("chat:join", room = Chat(room), join, reply = usize)]
pub(crate) struct Join {
    room: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:say", room = Chat(room))]
pub(crate) struct Say {
    room: String,
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

/// Somebody is no member any more.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:left")]
pub(crate) struct Left {
    id: String,
}

#[derive(Default)]
pub(crate) struct Chat {
    members: usize,
}

impl Room for Chat {
    const NAME: &'static str = "chat";
    const LINGER: Duration = Duration::from_secs(600);
    const HISTORY: History = History::keep(100);
    type Key = String;
    type Identity = ();
    type Events = (Join, Say);
    type Sends = (Said, Left);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }

    fn left(&mut self, who: &Member<()>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        self.members -= 1;
        cx.broadcast(&Left { id: who.id().to_owned() });
    }
}

impl On<Join> for Chat {
    fn on(&mut self, _: Join, _: &mut EventContext<'_, Self>) -> Result<usize, Refusal> {
        self.members += 1;
        Ok(self.members)
    }
}

impl On<Say> for Chat {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said { text: say.text });
        Ok(())
    }
}

pub(crate) fn app() -> Builder<Identified<()>> {
    Salon::builder().session::<Visitor>().room::<Chat>()
}

/// Says something in the room `lounge`.
pub(crate) async fn say(salon: &Salon, text: &str) {
    salon.room::<Chat>(&"lounge".to_owned()).broadcast(&Said { text: text.into() }).await;
}

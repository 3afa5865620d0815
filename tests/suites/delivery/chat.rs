//! The app of these tests: rooms that keep what is said, and one that does not.
//!
//! It must never say anything that its test does not ask for.

use std::time::Duration;

use salon::{
    Builder, History, Past,
    auth::Identified,
    prelude::*,
    testing::{Client, ConnectError, Failure, Lab, Wire},
};
use salon_tests::guests::{Bars, ByName, Guest};
use serde_json::{Value, json};

/// What a chat keeps.
pub(crate) const KEPT: usize = 100;

/// How long a club keeps it.
pub(crate) const AGE: Duration = Duration::from_secs(60);

/// Joins, and gets whether nothing was missed, and how many members there are.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:join", room = Chat(room), join, reply = Joined)]
pub(crate) struct Join {
    pub(crate) room: String,
}

/// What a joining event is answered with.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) resumed: bool,
    pub(crate) members: usize,
}

/// Says something to all, or to some; the number that it gets.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:say", room = Chat(room), reply = u64)]
pub(crate) struct Say {
    pub(crate) room: String,
    pub(crate) text: String,
    pub(crate) to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum To {
    All,
    Others,
    /// To the member that came first, alone, or to all but that.
    First,
    AllButFirst,
    /// To all who can take it at once.
    Volatile,
    /// Where the sender is, to all others.
    Moved,
}

/// Has much said at once.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:burst", room = Chat(room), anyone)]
pub(crate) struct Burst {
    pub(crate) room: String,
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:leave", room = Chat(room))]
pub(crate) struct Leave {
    pub(crate) room: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:crash", room = Chat(room))]
pub(crate) struct Crash {
    pub(crate) room: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("chat:said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:heard", volatile)]
pub(crate) struct Heard;

/// Where somebody is: the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("chat:moved", latest = by)]
pub(crate) struct Moved {
    pub(crate) by: String,
    pub(crate) to: u64,
}

/// The last three are of interest.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:trace", drop = oldest, queue = 3)]
pub(crate) struct Trace {
    pub(crate) number: u64,
}

/// Whoever cannot take it is cut off.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("chat:struck", overflow = close)]
pub(crate) struct Struck {
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct Chat;

#[salon::room(
    key = String,
    identity = Guest,
    sends = (Said, Heard, Moved, Trace, Struck),
    history = History::keep(KEPT),
    linger = Duration::from_secs(600)
)]
impl Chat {
    #[on]
    fn join(&mut self, _: Join, cx: &mut EventContext<'_, Self>) -> Joined {
        Joined { resumed: cx.resumed(), members: cx.len() }
    }

    #[on]
    fn say(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> u64 {
        let said = Said { text: say.text };
        match say.to {
            To::All => cx.broadcast(&said),
            To::Others => cx.except(cx.sender()).emit(&said),
            To::First => first(cx).iter().for_each(|first| cx.to(first).emit(&said)),
            To::AllButFirst => first(cx).iter().for_each(|first| cx.except(first).emit(&said)),
            To::Volatile => cx.broadcast(&Heard),
            To::Moved => cx.except(cx.sender()).emit(&Moved { by: said.text, to: 0 }),
        }
        number(cx)
    }

    #[on]
    fn burst(&mut self, burst: Burst, cx: &mut EventContext<'_, Self>) {
        let text = "x".repeat(burst.bytes);
        (0..burst.events).for_each(|_| cx.broadcast(&Said { text: text.clone() }));
    }

    #[on]
    fn leave(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) {
        cx.leave(cx.sender());
    }

    #[on]
    fn crash(&mut self, _: Crash) {
        panic!("a chat crashes");
    }
}

fn first(cx: &RoomContext<Chat>) -> Option<Member<Guest>> {
    cx.members().next()
}

/// The number of the last that a room has published.
fn number<R: Room>(cx: &RoomContext<R>) -> u64 {
    match cx.position().expect("it is numbered").at {
        salon::At::Seq(number) | salon::At::After(number) => number,
    }
}

/// A club shows nobody what was said before it came, and nobody what is old.
#[derive(Serialize, Deserialize, Event)]
#[event("club:join", room = Club(room), join, reply = bool, permit = "club")]
pub(crate) struct Enter {
    pub(crate) room: String,
}

#[derive(Default)]
pub(crate) struct Club;

#[salon::room(
    key = String,
    identity = Guest,
    sends = (Said,),
    history = History::keep(KEPT).age(AGE).visible(Past::SinceJoined),
    linger = Duration::from_secs(600)
)]
impl Club {
    #[on]
    fn enter(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> bool {
        cx.resumed()
    }
}

pub(crate) fn app(bars: &Bars) -> Builder<Identified<Guest>> {
    let builder = Salon::builder().authenticate(ByName::default()).authority(bars.clone());
    builder.room::<Chat>().room::<Club>()
}

/// What the tests have in common: a lab, and the way into it.
pub(crate) async fn lab(
    seed: u64,
    limits: impl FnOnce(&mut salon::config::Limits),
) -> Result<Lab, Failure> {
    let salon = app(&Bars::default()).limits(limits).build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(1024).start().await)
}

pub(crate) async fn come(lab: &Lab, wire: Wire, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).wire(wire).auth(json!({ "name": name })).connect().await
}

pub(crate) async fn join(client: &Client) -> Result<Joined, Failure> {
    Ok(client.send(Join { room: "a".into() }).await?)
}

/// Says something in the chat `a`, from outside.
pub(crate) async fn say(lab: &Lab, texts: impl IntoIterator<Item = u64>) {
    for text in texts {
        lab.salon().room::<Chat>(&"a".into()).broadcast(&Said { text: text.to_string() }).await;
    }
}

/// Tells the chat `a` where somebody is, from outside.
pub(crate) async fn moved(lab: &Lab, by: &str, to: u64) {
    lab.salon().room::<Chat>(&"a".into()).broadcast(&Moved { by: by.into(), to }).await;
}

/// The numbers that were said, of what came and was not asked for.
pub(crate) async fn said(client: &Client) -> Vec<u64> {
    let events = client.events().await;
    let said = events.iter().filter(|event| event.name == "chat:said");
    said.filter_map(|event| event.json()[0]["text"].as_str()?.parse().ok()).collect()
}

/// What the last `salon:joined` says.
pub(crate) async fn joined(client: &Client) -> Value {
    client.expect_named("salon:joined").await.json()[0].clone()
}

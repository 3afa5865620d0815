//! The app of these tests: a table with rounds of talk, and a session with a few tricks.

use std::time::Duration;

use salon::auth::Identified;
use salon::{
    Code, Namespace,
    auth::{Authenticated, Authenticator, Credentials},
    prelude::*,
    testing::{Client, ConnectError, Lab},
    wire::engine_io::Message,
};
pub(crate) use salon_tests::guests::{Guest, guest};

/// How long what is slow here takes.
pub(crate) const SLOW: Duration = Duration::from_secs(1);

/// When a table rings after it was asked to.
pub(crate) const BELL: Duration = Duration::from_millis(1);

/// Takes the client's word for its name, and no subject from it.
pub(crate) struct ByName;

impl Authenticator for ByName {
    type Identity = Guest;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Guest>, Refusal> {
        let guest: Guest =
            credentials.auth().map_err(|_| Refusal::unauthorized("say your name"))?;
        assert_ne!(guest.name, "panic", "a panic in the authenticator");
        Ok(guest.into())
    }
}

/// A client of that name, connected.
pub(crate) async fn come(lab: &Lab, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).auth(guest(name)).connect().await
}

/// A message of text, for clients that are opened raw.
pub(crate) fn text(text: impl Into<String>) -> Message {
    Message::Text(text.into().into())
}

/// The next message of a client that is opened raw, which must be text.
pub(crate) async fn next_text(client: &Client) -> String {
    match client.expect_raw().await {
        Message::Text(text) => text.into(),
        Message::Binary(bytes) => panic!("text was due, and {bytes:?} came"),
    }
}

/// What a client sent and got, line by line.
pub(crate) fn said_and_heard(client: &Client) -> Vec<String> {
    let transcript = client.transcript();
    transcript.entries().iter().map(|entry| entry.what.to_string().trim_end().to_owned()).collect()
}

/// The code of what was refused.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> Code {
    answer.expect_err("it is to be refused").code().clone()
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:sit", room = Table(table), join, reply = Vec<String>)]
pub(crate) struct Sit {
    pub(crate) table: u64,
}

/// As [`Sit`], with an answer that takes time.
#[derive(Serialize, Deserialize, Event)]
#[event("table:knock", room = Table(table), join)]
pub(crate) struct Knock {
    pub(crate) table: u64,
    pub(crate) password: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:say", room = Table(table), reply = u64)]
pub(crate) struct Say {
    pub(crate) table: u64,
    pub(crate) text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:think", room = Table(table), reply = String)]
pub(crate) struct Think {
    pub(crate) table: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:stand", room = Table(table))]
pub(crate) struct Stand {
    pub(crate) table: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:flip", room = Table(table))]
pub(crate) struct Flip {
    pub(crate) table: u64,
}

/// Closes the table, with whoever sits there.
#[derive(Serialize, Deserialize, Event)]
#[event("table:clear", room = Table(table))]
pub(crate) struct Clear {
    pub(crate) table: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:ring", room = Table(table))]
pub(crate) struct Ring {
    pub(crate) table: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("table:throw-out", room = Table(table))]
pub(crate) struct ThrowOut {
    pub(crate) table: u64,
    pub(crate) name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("table:said")]
pub(crate) struct Said {
    pub(crate) number: u64,
    pub(crate) by: String,
    pub(crate) text: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("table:left")]
pub(crate) struct Left {
    pub(crate) name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("table:bell")]
pub(crate) struct Bell;

/// A table: it numbers what is said.
pub(crate) struct Table {
    said: u64,
}

struct RingNow;

impl Room for Table {
    const NAME: &'static str = "table";
    const LINGER: Duration = Duration::ZERO;
    type Key = u64;
    type Identity = Guest;
    type Events = (Sit, Later<Knock>, Say, Later<Think>, Stand, Flip, Clear, Ring, ThrowOut);
    type Sends = (Bell, Left, Said);

    fn open(key: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        match key {
            13 => Err(Refusal::not_found("there is no table 13")),
            14 => panic!("a panic in open"),
            _ => Ok(Self { said: 0 }),
        }
    }

    fn admit(&mut self, who: &Member<Guest>, _: &mut RoomContext<Self>) -> Result<(), Refusal> {
        if who.identity().name == "ruffian" {
            return Err(Refusal::forbidden("not in that shirt"));
        }
        Ok(())
    }

    fn left(&mut self, who: &Member<Guest>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Left { name: who.identity().name.clone() });
    }
}

impl On<Sit> for Table {
    fn on(&mut self, _: Sit, cx: &mut EventContext<'_, Self>) -> Result<Vec<String>, Refusal> {
        Ok(cx.members().map(|member| member.identity().name.clone()).collect())
    }
}

impl OnLater<Knock> for Table {
    fn on_later(&mut self, event: Knock, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async move {
            tokio::task::yield_now().await;
            match event.password.as_str() {
                "please" => Ok(()),
                "panic" => panic!("a panic in a room's future"),
                _ => Err(Refusal::forbidden("say please")),
            }
        })
    }
}

impl On<Say> for Table {
    fn on(&mut self, event: Say, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        if event.text.is_empty() {
            return Err(Refusal::other("nothing_said", "say something"));
        }
        self.said += 1;
        let by = cx.sender().identity().name.clone();
        cx.broadcast(&Said { number: self.said, by, text: event.text });
        Ok(self.said)
    }
}

impl OnLater<Think> for Table {
    fn on_later(&mut self, _: Think, _: &mut EventContext<'_, Self>) -> Answer<String> {
        let said = self.said;
        Answer::later(async move {
            tokio::time::sleep(SLOW).await;
            Ok(format!("{said} things were said"))
        })
    }
}

impl On<Stand> for Table {
    fn on(&mut self, _: Stand, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl On<Flip> for Table {
    fn on(&mut self, _: Flip, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("a panic in a room's handler");
    }
}

impl On<Clear> for Table {
    fn on(&mut self, _: Clear, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.close();
        Ok(())
    }
}

impl On<Ring> for Table {
    fn on(&mut self, _: Ring, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.tell_after(BELL, RingNow);
        Ok(())
    }
}

impl On<ThrowOut> for Table {
    fn on(&mut self, event: ThrowOut, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let found = cx.members().find(|member| member.identity().name == event.name);
        let member = found.ok_or_else(|| Refusal::not_found("nobody of that name sits here"))?;
        cx.evict(&member);
        Ok(())
    }
}

impl Receive<RingNow> for Table {
    fn receive(&mut self, _: RingNow, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Bell);
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = u64)]
pub(crate) struct Count;

#[derive(Serialize, Deserialize, Event)]
#[event("add", reply = i64)]
pub(crate) struct Add(pub(crate) i64, pub(crate) i64);

#[derive(Serialize, Deserialize, Event)]
#[event("slow", reply = String)]
pub(crate) struct Slow {
    pub(crate) text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("reverse", reply = Reversed)]
pub(crate) struct Reverse {
    pub(crate) data: Binary,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reversed {
    pub(crate) data: Binary,
}

#[derive(Serialize, Deserialize, Event)]
#[event("limited", rate = "1/h burst 2")]
pub(crate) struct Limited;

#[derive(Serialize, Deserialize, Event)]
#[event("crash")]
pub(crate) struct Crash;

#[derive(Serialize, Deserialize, Event)]
#[event("crash-later")]
pub(crate) struct CrashLater;

#[derive(Serialize, Deserialize, Event)]
#[event("ask-me", reply = String)]
pub(crate) struct AskMe;

/// What the server asks.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("favourite", reply = String)]
pub(crate) struct Favourite {
    pub(crate) of: String,
}

/// A session that counts.
pub(crate) struct Counter {
    calls: u64,
}

impl Session for Counter {
    type Identity = Guest;
    type Events =
        (Count, Add, Later<Slow>, Reverse, Limited, Crash, Later<CrashLater>, Later<AskMe>);
    type Sends = (Favourite,);

    fn connect(client: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        match client.identity().name.as_str() {
            "nobody" => Err(Refusal::forbidden("nobody is not welcome")),
            "crash" => panic!("a panic in connect"),
            _ => Ok(Self { calls: 0 }),
        }
    }
}

impl On<Count> for Counter {
    fn on(&mut self, _: Count, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.calls += 1;
        Ok(self.calls)
    }
}

impl On<Add> for Counter {
    fn on(&mut self, Add(a, b): Add, _: &mut SessionContext<Self>) -> Result<i64, Refusal> {
        Ok(a + b)
    }
}

impl OnLater<Slow> for Counter {
    fn on_later(&mut self, event: Slow, _: &mut SessionContext<Self>) -> Answer<String> {
        Answer::later(async move {
            tokio::time::sleep(SLOW).await;
            Ok(event.text.to_uppercase())
        })
    }
}

impl On<Reverse> for Counter {
    fn on(&mut self, event: Reverse, _: &mut SessionContext<Self>) -> Result<Reversed, Refusal> {
        let reversed: Vec<u8> = event.data.iter().rev().copied().collect();
        Ok(Reversed { data: reversed.into() })
    }
}

impl On<Limited> for Counter {
    fn on(&mut self, _: Limited, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Crash> for Counter {
    fn on(&mut self, _: Crash, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        panic!("a panic in a session's handler");
    }
}

impl OnLater<CrashLater> for Counter {
    fn on_later(&mut self, _: CrashLater, _: &mut SessionContext<Self>) -> Answer<()> {
        Answer::later(async { panic!("a panic in a session's future") })
    }
}

impl OnLater<AskMe> for Counter {
    fn on_later(&mut self, _: AskMe, cx: &mut SessionContext<Self>) -> Answer<String> {
        let asked = cx.ask(&Favourite { of: "colours".to_owned() }, Duration::from_secs(10));
        Answer::later(async move { Ok(asked.await?) })
    }
}

/// A Salon with tables and counters in `/`.
pub(crate) fn salon() -> Salon {
    salon_with(|builder| builder)
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = salon::Builder<Identified<Guest>>;

/// As [`salon`], with other settings.
pub(crate) fn salon_with(change: impl FnOnce(Known) -> Known) -> Salon {
    let builder =
        Salon::builder().authenticate(ByName).session::<Counter>().room::<Table>().namespace(
            Namespace::pattern("/hall-{number:\\d+}").connected(|socket| {
                socket.emit_named("welcome", (socket.namespace().to_string(),));
            }),
        );
    change(builder).build().expect("a Salon")
}

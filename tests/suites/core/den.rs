//! The app of the tests of refused entries: dens that turn guests away in every way there is, and keep
//! hold of whom they have seen.
//!
//! It must never tell a guest anything that its test does not ask for, but what no guest may get.

use std::time::Duration;

use salon::auth::Identified;
use salon::{
    Builder, Presence, Present,
    auth::{What, Who},
    prelude::*,
    testing::{Client, ConnectError, Lab, Wire},
    wire::msgpack::MsgpackParser,
};
use salon_tests::guests::{ByName, Guest};
use serde_json::json;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How many dens a guest may be in.
pub(crate) const MOST: usize = 8;

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Entry {
    Admitted,
    /// `admit` refuses it.
    Refused,
    /// `admit` panics.
    Panics,
    /// What is seen of the guest cannot be said: `meta` panics.
    Faceless,
    /// The same: its `Serialize` panics.
    Unspeakable,
    /// The handler of the entry refuses it: the guest was in for that long.
    TurnedBack,
}

/// Enters a den.
#[derive(Serialize, Deserialize, Event)]
#[event("den:enter", room = Den(den), join)]
pub(crate) struct Enter {
    pub(crate) den: String,
    pub(crate) entry: Entry,
}

/// Says something to everybody in a den, and gets its number.
#[derive(Serialize, Deserialize, Event)]
#[event("den:say", room = Den(den), reply = u64)]
pub(crate) struct Say {
    pub(crate) den: String,
}

/// Leaves a den.
#[derive(Serialize, Deserialize, Event)]
#[event("den:leave", room = Den(den))]
pub(crate) struct Leave {
    pub(crate) den: String,
}

/// Thinks for a second.
#[derive(Serialize, Deserialize, Event)]
#[event("den:think", room = Den(den), reply = String)]
pub(crate) struct Think {
    pub(crate) den: String,
}

/// Puts everybody else out.
#[derive(Serialize, Deserialize, Event)]
#[event("den:clear", room = Den(den))]
pub(crate) struct Clear {
    pub(crate) den: String,
}

/// Has the den speak to everybody whom it has ever seen, each alone, and ask each something.
#[derive(Serialize, Deserialize, Event)]
#[event("den:remember", room = Den(den))]
pub(crate) struct Remember {
    pub(crate) den: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("den:said")]
pub(crate) struct Said {
    pub(crate) den: String,
    pub(crate) number: u64,
}

/// What one alone is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("den:whisper")]
pub(crate) struct Whisper {
    pub(crate) when: String,
}

/// What one alone is asked.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("den:asked", reply = String)]
pub(crate) struct Asked;

/// What came of a question, as all are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("den:answered")]
pub(crate) struct Answered {
    pub(crate) who: String,
    pub(crate) answer: String,
}

/// What is seen of a guest.
#[derive(Deserialize)]
pub(crate) struct Face {
    unspeakable: bool,
}

impl Serialize for Face {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.unspeakable, "a panic while a face is said");
        serializer.serialize_str("a face")
    }
}

/// One den.
pub(crate) struct Den {
    said: u64,
    seen: Vec<Member<Guest>>,
    /// Of the guest who comes in.
    entry: Entry,
}

impl Room for Den {
    const NAME: &'static str = "den";
    const LINGER: Duration = Duration::from_secs(10);
    const RESTART: Restart = Restart::Within { restarts: 100, period: Duration::from_secs(1) };
    const PRESENCE: Presence<Self> = Presence::on().grace(Duration::ZERO);
    type Key = String;
    type Identity = Guest;
    type Events = (Enter, Say, Leave, Later<Think>, Clear, Remember);
    type Sends = (Answered, Asked, Said, Whisper);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self { said: 0, seen: Vec::new(), entry: Entry::Admitted })
    }

    fn admit(&mut self, who: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let entry = cx.joining::<Enter>().map_or(Entry::Admitted, |enter| enter.entry);
        self.entry = entry;
        self.seen.push(who.clone());
        cx.to(who).emit(&Whisper { when: "admit".to_owned() });
        match entry {
            Entry::Refused => Err(Refusal::forbidden("the den is full")),
            Entry::Panics => panic!("a panic in admit"),
            _ => Ok(()),
        }
    }

    fn left(&mut self, who: &Member<Guest>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        cx.to(who).emit(&Whisper { when: "left".to_owned() });
    }
}

impl Present for Den {
    type Meta = Face;

    fn meta(&self, _: &Member<Guest>) -> Face {
        assert!(self.entry != Entry::Faceless, "a panic in meta");
        Face { unspeakable: self.entry == Entry::Unspeakable }
    }
}

impl On<Enter> for Den {
    fn on(&mut self, event: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        match event.entry {
            Entry::TurnedBack => Err(Refusal::forbidden("on second thoughts")),
            _ => Ok(()),
        }
    }
}

impl On<Say> for Den {
    fn on(&mut self, event: Say, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        self.said += 1;
        cx.broadcast(&Said { den: event.den, number: self.said });
        Ok(self.said)
    }
}

impl On<Leave> for Den {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl OnLater<Think> for Den {
    fn on_later(&mut self, _: Think, _: &mut EventContext<'_, Self>) -> Answer<String> {
        Answer::later(async {
            tokio::time::sleep(SECOND).await;
            Ok("a thought".to_owned())
        })
    }
}

impl On<Clear> for Den {
    fn on(&mut self, _: Clear, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender().number();
        let others: Vec<_> = cx.members().filter(|member| member.number() != sender).collect();
        others.iter().for_each(|member| cx.evict(member));
        Ok(())
    }
}

impl On<Remember> for Den {
    fn on(&mut self, _: Remember, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        for who in &self.seen {
            cx.to(who).emit(&Whisper { when: "later".to_owned() });
            let (asked, who) = (cx.ask(who, &Asked, SECOND), who.identity().name.clone());
            cx.tell_when(async move {
                let answer = asked.await.unwrap_or_else(|error| error.to_string());
                Answered { who, answer }
            });
        }
        Ok(())
    }
}

impl Receive<Answered> for Den {
    fn receive(&mut self, answered: Answered, cx: &mut RoomContext<Self>) {
        cx.broadcast(&answered);
    }
}

pub(crate) fn enter(den: &str, entry: Entry) -> Enter {
    Enter { den: den.to_owned(), entry }
}

pub(crate) fn say(den: &str) -> Say {
    Say { den: den.to_owned() }
}

pub(crate) fn leave(den: &str) -> Leave {
    Leave { den: den.to_owned() }
}

pub(crate) fn said(den: &str, number: u64) -> Said {
    Said { den: den.to_owned(), number }
}

pub(crate) fn builder() -> Builder<Identified<Guest>> {
    Salon::builder()
        .authenticate(ByName::default())
        .limits(|limits| limits.max_rooms = MOST)
        .room::<Den>()
}

/// Dens whose clients speak JSON.
pub(crate) fn dens() -> Salon {
    builder().build().expect("the parts fit")
}

/// Dens whose clients speak msgpack.
pub(crate) fn packed_dens() -> Salon {
    builder().parser(MsgpackParser).build().expect("the parts fit")
}

/// A guest of that name, over a wire, on a worker.
pub(crate) async fn come(
    lab: &Lab,
    name: &str,
    wire: Wire,
    worker: usize,
) -> Result<Client, ConnectError> {
    let visitor = lab.visitor().name(name).wire(wire).auth(json!({ "name": name }));
    visitor.worker(worker).connect().await
}

/// Takes a den from a guest; how many memberships were lost by that.
pub(crate) async fn revoke(lab: &Lab, guest: &str, den: &str) -> usize {
    let (salon, who) = (lab.salon().clone(), Who::user(guest.to_owned()));
    let what = What::room(format!("den:{den}"));
    lab.drive(async move { salon.revoke(who, what).await }).await.memberships
}

/// Fills the line to a client that does not read, so that whatever comes now waits with the server.
pub(crate) async fn stop_reading(lab: &Lab, client: &Client) {
    client.stop_reading();
    let id = client.id().expect("it is connected");
    for _ in 0..3 {
        lab.salon().namespace("/").to(id.clone()).emit_named("filler", ("x".repeat(100),));
        lab.settle().await;
    }
}

/// What a client hears from here on of the dens, in order, as `event argument`.
pub(crate) async fn heard(client: &Client) -> Vec<String> {
    let events = client.events().await.into_iter();
    let of_dens = events.filter(|event| event.name.starts_with("den:"));
    of_dens.map(|event| format!("{} {}", event.name, event.json()[0])).collect()
}

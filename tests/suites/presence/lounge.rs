//! The app of these tests: a lounge that tells its guests who is there.
//!
//! It must never say of itself who is there: what the tests see is presence.

use std::{collections::BTreeSet, time::Duration};

use salon::auth::Identified;
use salon::{
    Presence, PresenceChange, PresenceSnapshot, Present, PresentUser,
    prelude::*,
    testing::{Client, ConnectError, Lab},
};
use salon_tests::guests::ByName;
pub(crate) use salon_tests::guests::Guest;
use serde_json::json;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// With more users than this they are only counted.
pub(crate) const MOST: usize = 8;

/// Comes in, in some mood.
#[derive(Serialize, Deserialize, Event)]
#[event("lounge:enter", room = Lounge(lounge), join)]
pub(crate) struct Enter {
    pub(crate) lounge: u32,
    pub(crate) mood: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lounge:leave", room = Lounge(lounge))]
pub(crate) struct Leave {
    pub(crate) lounge: u32,
}

/// Is in another mood.
#[derive(Serialize, Deserialize, Event)]
#[event("lounge:feel", room = Lounge(lounge))]
pub(crate) struct Feel {
    pub(crate) lounge: u32,
    pub(crate) mood: String,
}

/// Says something: to everybody, to everybody else, or to itself.
#[derive(Serialize, Deserialize, Event)]
#[event("lounge:say", room = Lounge(lounge), reply = u64)]
pub(crate) struct Say {
    pub(crate) lounge: u32,
    pub(crate) to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum To {
    Everybody,
    Others,
    Oneself,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("lounge:said")]
pub(crate) struct Said {
    pub(crate) number: u64,
    pub(crate) to_whom: String,
}

/// A user did not come back.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("lounge:missed")]
pub(crate) struct Missed {
    pub(crate) user: String,
}

/// Breaks the lounge.
#[derive(Serialize, Deserialize, Event)]
#[event("lounge:burn", room = Lounge(lounge))]
pub(crate) struct Burn {
    pub(crate) lounge: u32,
}

/// What is seen of a guest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) mood: String,
}

/// Asks which users were admitted and are not gone.
pub(crate) struct Inside;

/// Asks whether a user is there without a connection.
pub(crate) struct Away(pub(crate) &'static str);

#[derive(Default)]
pub(crate) struct Lounge {
    inside: BTreeSet<String>,
    moods: Vec<(String, String)>,
    said: u64,
}

impl Room for Lounge {
    const NAME: &'static str = "lounge";
    const LINGER: Duration = Duration::from_secs(3_600);
    const PRESENCE: Presence<Self> = Presence::on().grace(GRACE).count_above(MOST);
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter, Leave, Feel, Say, Burn);
    type Sends = (Missed, Said);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self::default())
    }

    fn admit(&mut self, who: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let mood = cx.joining::<Enter>().map(|enter| enter.mood.clone()).unwrap_or_default();
        if mood == "angry" {
            return Err(Refusal::forbidden("come back when you are calm"));
        }
        self.feels(who, mood);
        self.inside.insert(who.identity().name.clone());
        Ok(())
    }
}

impl Reply<Inside> for Lounge {
    type Output = BTreeSet<String>;

    fn reply(&mut self, _: Inside, _: &mut RoomContext<Self>) -> BTreeSet<String> {
        self.inside.clone()
    }
}

impl Reply<Away> for Lounge {
    type Output = bool;

    fn reply(&mut self, Away(user): Away, cx: &mut RoomContext<Self>) -> bool {
        cx.is_away(user)
    }
}

impl Present for Lounge {
    type Meta = Card;

    fn meta(&self, who: &Member<Guest>) -> Card {
        let mood = self.moods.iter().find(|(id, _)| id == who.id());
        let mood = mood.map(|(_, mood)| mood.clone()).unwrap_or_default();
        Card { name: who.identity().name.clone(), mood }
    }

    fn absent(&mut self, user: &str, cx: &mut RoomContext<Self>) {
        self.inside.remove(user);
        cx.broadcast(&Missed { user: user.to_owned() });
    }
}

impl Lounge {
    fn feels(&mut self, who: &Member<Guest>, mood: String) {
        self.moods.retain(|(id, _)| id != who.id());
        self.moods.push((who.id().to_owned(), mood));
    }
}

impl On<Enter> for Lounge {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Leave> for Lounge {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl On<Feel> for Lounge {
    fn on(&mut self, event: Feel, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let who = cx.sender();
        self.feels(who, event.mood);
        cx.update_presence(who);
        Ok(())
    }
}

impl On<Say> for Lounge {
    fn on(&mut self, event: Say, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        self.said += 1;
        let who = cx.sender();
        let said = Said { number: self.said, to_whom: format!("{:?}", event.to) };
        match event.to {
            To::Everybody => cx.broadcast(&said),
            To::Others => cx.except(who).emit(&said),
            To::Oneself => cx.to(who).emit(&said),
        }
        Ok(self.said)
    }
}

impl On<Burn> for Lounge {
    fn on(&mut self, _: Burn, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("the lounge burns")
    }
}

pub(crate) fn salon() -> Salon {
    salon_with(|builder| builder)
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = salon::Builder<Identified<Guest>>;

pub(crate) fn salon_with(change: impl FnOnce(Known) -> Known) -> Salon {
    let builder = Salon::builder().authenticate(ByName::default()).room::<Lounge>();
    change(builder).build().expect("the parts fit")
}

/// A client of that name, connected.
pub(crate) async fn come(lab: &Lab, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).auth(json!({ "name": name })).connect().await
}

pub(crate) fn enter(mood: &str) -> Enter {
    Enter { lounge: 1, mood: mood.to_owned() }
}

/// A user of one connection, in some mood.
pub(crate) fn user(name: &str, mood: &str) -> PresentUser {
    PresentUser::new(name, vec![json!({ "name": name, "mood": mood })])
}

/// Who is there, as the client was told when it came in.
pub(crate) async fn told(client: &Client) -> PresenceSnapshot {
    #[derive(Deserialize)]
    struct Joined {
        presence: PresenceSnapshot,
    }
    let joined = client.expect_named("salon:joined").await;
    let Joined { presence } = joined.payload.single().expect("it says who is there");
    presence
}

/// What a change of single users says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changed {
    pub(crate) joined: Vec<PresentUser>,
    pub(crate) updated: Vec<PresentUser>,
    pub(crate) left: Vec<String>,
}

pub(crate) async fn changed(client: &Client) -> Changed {
    match client.expect::<PresenceChange>().await {
        PresenceChange::Users { joined, updated, left, .. } => Changed { joined, updated, left },
        other => panic!("expected single users, and {other:?} came"),
    }
}

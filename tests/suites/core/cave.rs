//! The app of the tests about opening: a den that lets in as it is told to, and two booths.

use std::time::Duration;

use salon::auth::Identified;
use salon::{
    Builder, Namespace, Salon,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest, guest};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Go in.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("go-in", room = Den(key), join)]
pub(crate) struct GoIn {
    pub(crate) key: u32,
    #[serde(default)]
    pub(crate) how: How,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum How {
    #[default]
    Well,
    NotAdmitted,
    NotHandled,
    Panic,
}

/// As [`GoIn`], with an answer that takes time.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("go-in-slowly", room = Den(key), join)]
pub(crate) struct GoInSlowly {
    pub(crate) key: u32,
    pub(crate) how: How,
}

/// As [`GoIn`], with a check that takes time.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("go-in-checked", room = Den(key), join, guard = Slow)]
pub(crate) struct GoInChecked {
    pub(crate) key: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("go-out", room = Den(key))]
pub(crate) struct GoOut {
    pub(crate) key: u32,
}

/// Takes its time.
pub(crate) struct Slow;

impl Guard<GoInChecked> for Slow {
    type Identity = Guest;

    async fn check(_: Checked<'_, GoInChecked, Guest>) -> Result<(), Refusal> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// What the app says.
#[derive(Default)]
pub(crate) struct Hello;

/// A room that is kept for ten seconds when it is empty.
pub(crate) struct Den;

impl Room for Den {
    const NAME: &'static str = "den";
    const RESTART: Restart = Restart::Never;
    type Key = u32;
    type Identity = Guest;
    type Events = (GoIn, Later<GoInSlowly>, GoInChecked, GoOut);
    type Sends = ();

    fn open(key: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        if *key == 13 { Err(Refusal::not_found("there is no den 13")) } else { Ok(Self) }
    }

    fn admit(&mut self, who: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        match cx.joining::<GoIn>().map(|event| event.how) {
            _ if who.identity().name == "ruffian" => Err(Refusal::forbidden("not in that shirt")),
            Some(How::NotAdmitted) => Err(Refusal::forbidden("not so")),
            Some(How::Panic) => panic!("a panic in admit"),
            _ => Ok(()),
        }
    }
}

impl On<GoIn> for Den {
    fn on(&mut self, event: GoIn, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        if event.how == How::NotHandled {
            return Err(Refusal::forbidden("not in the end"));
        }
        Ok(())
    }
}

impl OnLater<GoInSlowly> for Den {
    fn on_later(&mut self, event: GoInSlowly, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async move {
            tokio::time::sleep(SECOND).await;
            if event.how == How::Well { Ok(()) } else { Err(Refusal::forbidden("in the end")) }
        })
    }
}

impl On<GoInChecked> for Den {
    fn on(&mut self, _: GoInChecked, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<GoOut> for Den {
    fn on(&mut self, _: GoOut, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl Receive<Hello> for Den {
    fn receive(&mut self, _: Hello, _: &mut RoomContext<Self>) {}
}

impl Reply<Hello> for Den {
    type Output = ();

    fn reply(&mut self, _: Hello, _: &mut RoomContext<Self>) {}
}

#[derive(Serialize, Deserialize, Event)]
#[event("rent", room = Booth(key), join)]
pub(crate) struct Rent {
    pub(crate) key: u32,
}

/// Of these there are two.
pub(crate) struct Booth;

impl Room for Booth {
    const NAME: &'static str = "booth";
    const LINGER: Duration = SECOND;
    const MAX_OPEN: usize = 2;
    type Key = u32;
    type Identity = Guest;
    type Events = (Rent,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Rent> for Booth {
    fn on(&mut self, _: Rent, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Receive<Hello> for Booth {
    fn receive(&mut self, _: Hello, _: &mut RoomContext<Self>) {}
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = Builder<Identified<Guest>>;

pub(crate) fn salon(change: impl FnOnce(Known) -> Known) -> Salon {
    let builder = Salon::builder()
        .authenticate(ByName::default())
        .room::<Den>()
        .room::<Booth>()
        .namespace(Namespace::new("/other").authenticate(ByName::default()));
    change(builder).build().expect("a Salon")
}

pub(crate) async fn come(lab: &Lab, wire: Wire, name: &str) -> Result<Client, Failure> {
    Ok(lab.visitor().wire(wire).name(name).auth(guest(name)).connect().await?)
}

/// Goes in, and waits for the answer that takes time.
pub(crate) async fn slowly(lab: &Lab, client: &Client, key: u32, how: How) -> Result<(), Refusal> {
    let answer = client.send(GoInSlowly { key, how });
    lab.advance(SECOND).await;
    answer.await
}

pub(crate) fn well(key: u32) -> GoIn {
    GoIn { key, how: How::Well }
}

//! Dens, whose keys are equal whatever the case of their letters, and an authority that notes by which
//! name it is asked about each.
//!
//! It must never spell a key otherwise than the client did.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    auth::{Authority, Grant, Question},
    prelude::*,
    testing::{Client, ConnectError, Lab},
};
use salon_tests::guests::{ByName, Guest, guest};

/// A key of a den: `Den` and `DEN` are one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Spelled(pub(crate) String);

impl PartialEq for Spelled {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Spelled {}

impl Hash for Spelled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

/// One that begins with `#` says something else each time; of others, what is behind a slash is not
/// said.
impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SAID: AtomicU32 = AtomicU32::new(0);
        match self.0.strip_prefix('#') {
            Some(rest) => write!(f, "{rest}{}", SAID.fetch_add(1, Ordering::Relaxed)),
            None => f.write_str(self.0.split('/').next().unwrap_or_default()),
        }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("den:enter", room = Den(den), join, permit = "enter", reply = String)]
pub(crate) struct EnterDen {
    pub(crate) den: Spelled,
}

pub(crate) fn enter(den: &str) -> EnterDen {
    EnterDen { den: Spelled(den.to_owned()) }
}

#[derive(Serialize, Deserialize, Event)]
#[event("den:growl", room = Den(den), permit = "growl", guard = Heard, reply = String)]
pub(crate) struct Growl {
    pub(crate) den: Spelled,
}

pub(crate) fn growl(den: &str) -> Growl {
    Growl { den: Spelled(den.to_owned()) }
}

#[derive(Serialize, Deserialize, Event)]
#[event("den:leave", room = Den(den))]
pub(crate) struct LeaveDen {
    pub(crate) den: Spelled,
}

pub(crate) struct Den;

impl Room for Den {
    const NAME: &'static str = "den";
    const LINGER: Duration = Duration::from_secs(1);
    type Key = Spelled;
    type Identity = Guest;
    type Events = (EnterDen, Growl, LeaveDen);
    type Sends = ();

    fn open(_: &Spelled, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<EnterDen> for Den {
    fn on(&mut self, _: EnterDen, cx: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(cx.name().to_owned())
    }
}

impl On<Growl> for Den {
    fn on(&mut self, _: Growl, cx: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(cx.name().to_owned())
    }
}

impl On<LeaveDen> for Den {
    fn on(&mut self, _: LeaveDen, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

/// Notes about which room it is asked, as the authority does.
pub(crate) struct Heard;

impl Guard<Growl> for Heard {
    type Identity = Guest;

    async fn check(cx: Checked<'_, Growl, Guest>) -> Result<(), Refusal> {
        cx.data::<Porter>()?.note(cx.room().unwrap_or_default());
        Ok(())
    }
}

/// The authority: it lets nobody into the rooms of one name, and takes its time where it is told so.
#[derive(Clone, Default)]
pub(crate) struct Porter(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    asked: Vec<String>,
    shut: String,
    time: Duration,
}

impl Porter {
    fn note(&self, room: &str) {
        self.0.lock().expect("no panic").asked.push(room.to_owned());
    }

    /// The names by which it was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic").asked)
    }

    /// Nobody may do anything there from now on.
    pub(crate) fn shut(&self, room: &str) {
        self.0.lock().expect("no panic").shut = room.to_owned();
    }

    /// It takes so long to answer from now on.
    pub(crate) fn think_for(&self, time: Duration) {
        self.0.lock().expect("no panic").time = time;
    }
}

impl Authority for Porter {
    type Identity = Guest;

    async fn decide(&self, question: Question<Guest>) -> Result<Grant, Refusal> {
        let room = question.room().unwrap_or_default();
        self.note(room);
        let (shut, time) = {
            let book = self.0.lock().expect("no panic");
            (book.shut == room, book.time)
        };
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        if shut { Err(Refusal::forbidden("it is shut")) } else { Ok(Grant::standing()) }
    }
}

/// A lab with dens, and the porter.
pub(crate) async fn dens() -> Result<(Lab, Porter), salon::BuildError> {
    let porter = Porter::default();
    let builder = Salon::builder().authenticate(ByName::default()).authority(porter.clone());
    let salon = builder.data(porter.clone()).room::<Den>().build()?;
    Ok((Lab::builder(salon).workers(3).start().await, porter))
}

pub(crate) async fn come(lab: &Lab, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).auth(guest(name)).connect().await
}

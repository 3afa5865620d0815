//! The app of these tests: a session that answers in every way, and rooms that remember.
//!
//! It must never know by which protocol its clients come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Binary, Builder, Code, History, Presence, Present, Salon,
    auth::{Authenticated, Authenticator, Credentials, Identified},
    prelude::*,
};
use salon_tests::guests::{Bars, Guest};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How much a chat remembers.
pub(crate) const KEPT: usize = 4;

/// How long a token lasts that does not last.
pub(crate) const BRIEF: Duration = Duration::from_secs(60);

/// Lets in whoever has a token, and each as often as it comes: `token-ada` is Ada's, `brief-ada` is hers
/// for a while, `slow-ada` takes a while; `denied` is nobody's who may come in, and `broken` breaks it.
pub(crate) struct Tokens;

#[derive(Deserialize)]
struct Auth {
    token: String,
}

impl Authenticator for Tokens {
    type Identity = Guest;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Guest>, Refusal> {
        let bearer = credentials.handshake().header("authorization");
        let token = match bearer.and_then(|header| header.strip_prefix("Bearer ")) {
            Some(token) => token.to_owned(),
            None => {
                credentials.auth::<Auth>().map_err(|_| Refusal::unauthorized("no token"))?.token
            }
        };
        let (kind, name) = token.split_once('-').unwrap_or((&token, ""));
        let guest = || Authenticated::new(Guest { name: name.to_owned() }).subject(name);
        match kind {
            "token" => Ok(guest()),
            "brief" => Ok(guest().until(credentials.now() + BRIEF)),
            "slow" => {
                tokio::time::sleep(SECOND).await;
                Ok(guest())
            }
            "denied" => Err(Refusal::forbidden("not you")),
            "broken" => panic!("a panic in authenticate"),
            _ => Err(Refusal::unauthorized("no such token")),
        }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("greet", reply = String)]
pub(crate) struct Greet {
    pub(crate) name: String,
}

/// Counts how often a handler has run.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<AtomicU64>);

impl Runs {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Is answered with how often it was handled.
#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = u64)]
pub(crate) struct Count;

/// The same, once for each key.
#[derive(Serialize, Deserialize, Event)]
#[event("pay", once = id, reply = u64)]
pub(crate) struct Pay {
    pub(crate) amount: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// Is answered with the same bytes the other way round, which are sent as well.
#[derive(Serialize, Deserialize, Event)]
#[event("turn", reply = Binary)]
pub(crate) struct Turn {
    pub(crate) bytes: Binary,
}

#[derive(Serialize, Deserialize, Event)]
#[event("turned")]
pub(crate) struct Turned {
    pub(crate) bytes: Binary,
}

/// Is refused with that code.
#[derive(Serialize, Deserialize, Event)]
#[event("refuse", reply = u64)]
pub(crate) struct Refuse {
    pub(crate) code: String,
    pub(crate) retry_after_ms: Option<u64>,
}

/// Is answered after so many seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("wait", reply = u32)]
pub(crate) struct Wait {
    pub(crate) seconds: u32,
}

/// Is answered with what the client answers.
#[derive(Serialize, Deserialize, Event)]
#[event("consult", reply = String)]
pub(crate) struct Consult;

#[derive(Serialize, Deserialize, Event)]
#[event("favourite", reply = String)]
pub(crate) struct Favourite {
    pub(crate) of: String,
}

/// Ends a session, or a connection.
#[derive(Serialize, Deserialize, Event)]
#[event("end")]
pub(crate) struct End {
    pub(crate) how: String,
}

/// May be sent once a minute.
#[derive(Serialize, Deserialize, Event)]
#[event("rare", rate = "1/m")]
pub(crate) struct Rare;

/// Sends so many bytes as often.
#[derive(Serialize, Deserialize, Event)]
#[event("flood")]
pub(crate) struct Flood {
    pub(crate) bytes: usize,
    pub(crate) times: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("water")]
pub(crate) struct Water {
    pub(crate) text: String,
}

pub(crate) struct Visitor {
    runs: Runs,
}

impl Visitor {
    fn run(&self) -> u64 {
        self.runs.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Session for Visitor {
    type Identity = Guest;
    type Events = (Greet, Count, Pay, Turn, Refuse, Later<Wait>, Later<Consult>, End, Rare, Flood);
    type Sends = (Turned, Favourite, Water);

    fn connect(candidate: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self { runs: candidate.data::<Runs>()?.clone() })
    }
}

impl On<Greet> for Visitor {
    fn on(&mut self, greet: Greet, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        if greet.name.is_empty() {
            return Err(Refusal::other("no_name", "say who you are"));
        }
        Ok(format!("Hello, {}", greet.name))
    }
}

impl On<Count> for Visitor {
    fn on(&mut self, _: Count, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(self.run())
    }
}

impl On<Pay> for Visitor {
    fn on(&mut self, _: Pay, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(self.run())
    }
}

impl On<Turn> for Visitor {
    fn on(&mut self, turn: Turn, cx: &mut SessionContext<Self>) -> Result<Binary, Refusal> {
        let turned = || Binary::from(turn.bytes.iter().rev().copied().collect::<Vec<u8>>());
        cx.emit(&Turned { bytes: turned() });
        Ok(turned())
    }
}

impl On<Refuse> for Visitor {
    fn on(&mut self, refuse: Refuse, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        match (&*refuse.code, refuse.retry_after_ms) {
            ("panic", _) => panic!("a panic in a handler"),
            (code, None) => Err(Refusal::new(Code::from(code), "as you wish")),
            (code, Some(wait)) => {
                let refusal = Refusal::new(Code::from(code), "as you wish");
                Err(refusal.with_data(serde_json::json!({ "retry_after_ms": wait })))
            }
        }
    }
}

impl OnLater<Wait> for Visitor {
    fn on_later(&mut self, wait: Wait, _: &mut SessionContext<Self>) -> Answer<u32> {
        Answer::later(async move {
            tokio::time::sleep(wait.seconds * SECOND).await;
            Ok(wait.seconds)
        })
    }
}

impl OnLater<Consult> for Visitor {
    fn on_later(&mut self, _: Consult, cx: &mut SessionContext<Self>) -> Answer<String> {
        let asked = cx.ask(&Favourite { of: "colours".into() }, 10 * SECOND);
        Answer::later(async move { Ok(asked.await?) })
    }
}

impl On<End> for Visitor {
    fn on(&mut self, end: End, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        match &*end.how {
            "disconnect" => cx.socket().disconnect(),
            "close" => cx.socket().close(),
            _ => cx.socket().hang_up(),
        }
        Ok(())
    }
}

impl On<Rare> for Visitor {
    fn on(&mut self, _: Rare, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Flood> for Visitor {
    fn on(&mut self, flood: Flood, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        let text = "x".repeat(flood.bytes);
        (0..flood.times).for_each(|_| cx.emit(&Water { text: text.clone() }));
        Ok(())
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("chat:join", room = Chat(room), join, reply = bool, permit = "chat")]
pub(crate) struct Join {
    pub(crate) room: String,
}

/// Is said to all, or to all others.
#[derive(Serialize, Deserialize, Event)]
#[event("chat:say", room = Chat(room))]
pub(crate) struct Say {
    pub(crate) room: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) to_others: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("chat:said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct Chat;

impl Room for Chat {
    const NAME: &'static str = "chat";
    const LINGER: Duration = Duration::from_secs(600);
    const HISTORY: History = History::keep(KEPT);
    type Key = String;
    type Identity = Guest;
    type Events = (Join, Say);
    type Sends = (Said,);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Join> for Chat {
    fn on(&mut self, _: Join, cx: &mut EventContext<'_, Self>) -> Result<bool, Refusal> {
        Ok(cx.resumed())
    }
}

impl On<Say> for Chat {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let said = Said { text: say.text };
        match say.to_others {
            true => cx.except(cx.sender()).emit(&said),
            false => cx.broadcast(&said),
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join)]
pub(crate) struct Enter {
    pub(crate) hall: u32,
}

/// A room in which it is seen who is there, and for a while whose connection was lost.
pub(crate) struct Hall;

/// How long that is.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

impl Room for Hall {
    const NAME: &'static str = "hall";
    const PRESENCE: Presence<Self> = Presence::on().grace(GRACE);
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Present for Hall {
    type Meta = ();

    fn meta(&self, _: &Member<Guest>) {}

    fn absent(&mut self, _: &str, _: &mut RoomContext<Self>) {}
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The app, with what its tests look at.
pub(crate) fn app() -> (Builder<Identified<Guest>>, Runs, Bars) {
    let (runs, bars) = (Runs::default(), Bars::default());
    let builder = Salon::builder().authenticate(Tokens).authority(bars.clone());
    (builder.session::<Visitor>().room::<Chat>().room::<Hall>().data(runs.clone()), runs, bars)
}

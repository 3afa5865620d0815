//! The app of these tests: lobbies with seats, and a hall from where they are seen.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Changes, Listing, Rooms, Seats, Watching,
    prelude::*,
    testing::{Client, ConnectError, Lab},
};
use salon_tests::guests::{ByName, Guest};
use serde_json::json;

/// How many seats a lobby has.
pub(crate) const SEATS: usize = 2;

/// How long a seat is kept for one who was let in.
pub(crate) const KEPT: Duration = Duration::from_secs(5);

/// How long an empty lobby is kept.
pub(crate) const LINGER: Duration = Duration::from_secs(10);

/// What a lobby of this key does when it opens: it lists itself, and then refuses.
pub(crate) const SHUT: u64 = 13;

/// As [`SHUT`], and panics in place of refusing.
pub(crate) const BROKEN: u64 = 14;

/// As [`SHUT`], but only when it is opened anew after a panic.
pub(crate) const ONCE: u64 = 16;

/// How long a lobby takes to think.
pub(crate) const THOUGHT: Duration = Duration::from_secs(1);

/// What the list says of a lobby.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) free: usize,
    pub(crate) note: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lobby:join", room = Lobby(lobby), join, reply = Vec<String>)]
pub(crate) struct Join {
    pub(crate) lobby: u64,
}

/// Writes something into the lobby's line, so many times, one higher each time.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:note", room = Lobby(lobby))]
pub(crate) struct Note {
    pub(crate) lobby: u64,
    pub(crate) times: u64,
}

/// Lists the lobby as it is listed already.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:again", room = Lobby(lobby))]
pub(crate) struct Again {
    pub(crate) lobby: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lobby:hide", room = Lobby(lobby))]
pub(crate) struct Hide {
    pub(crate) lobby: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lobby:panic", room = Lobby(lobby))]
pub(crate) struct Panic {
    pub(crate) lobby: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("lobby:clear", room = Lobby(lobby))]
pub(crate) struct Clear {
    pub(crate) lobby: u64,
}

/// Takes its time.
#[derive(Serialize, Deserialize, Event)]
#[event("lobby:think", room = Lobby(lobby))]
pub(crate) struct Think {
    pub(crate) lobby: u64,
}

/// A lobby of two seats. One whose key is odd lists itself when it opens, also after a panic.
pub(crate) struct Lobby {
    seats: Seats<String, ()>,
    note: u64,
}

/// Keeps a seat.
pub(crate) struct Reserve(pub(crate) String);

/// A reservation may have run out.
pub(crate) struct Look;

impl Room for Lobby {
    const NAME: &'static str = "lobby";
    const LINGER: Duration = LINGER;
    type Key = u64;
    type Identity = Guest;
    type Events = (Join, Note, Again, Hide, Panic, Clear, Later<Think>);
    type Sends = ();

    fn open(key: &u64, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        if key % 2 == 1 || [BROKEN, ONCE].contains(key) {
            cx.list(Line { free: SEATS, note: 0 });
        }
        match *key {
            ONCE if cx.is_empty() => {}
            SHUT | ONCE => return Err(Refusal::not_found("there is no such lobby")),
            BROKEN => panic!("a panic in open"),
            _ => {}
        }
        let mut seats = Seats::new(SEATS);
        for member in cx.members() {
            seats.take(member.identity().name.clone(), || ())?;
        }
        Ok(Self { seats, note: 0 })
    }

    fn admit(&mut self, who: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.seats.take(who.identity().name.clone(), || ())?;
        self.show(cx);
        Ok(())
    }

    fn left(&mut self, who: &Member<Guest>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        self.seats.free(&who.identity().name);
        self.show(cx);
    }
}

impl Listing for Lobby {
    type Entry = Line;
}

impl Lobby {
    fn show(&self, cx: &mut RoomContext<Self>) {
        cx.list(Line { free: self.seats.free_seats(), note: self.note });
    }
}

impl On<Join> for Lobby {
    fn on(&mut self, _: Join, _: &mut EventContext<'_, Self>) -> Result<Vec<String>, Refusal> {
        Ok(self.seats.iter().map(|(name, ())| name.clone()).collect())
    }
}

impl On<Note> for Lobby {
    fn on(&mut self, event: Note, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        for _ in 0..event.times {
            self.note += 1;
            self.show(cx);
        }
        Ok(())
    }
}

impl On<Again> for Lobby {
    fn on(&mut self, _: Again, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        self.show(cx);
        Ok(())
    }
}

impl On<Hide> for Lobby {
    fn on(&mut self, _: Hide, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.unlist();
        Ok(())
    }
}

impl On<Panic> for Lobby {
    fn on(&mut self, _: Panic, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.list(Line { free: 0, note: 999 });
        panic!("a panic in a handler");
    }
}

impl On<Clear> for Lobby {
    fn on(&mut self, _: Clear, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        for member in cx.members().collect::<Vec<_>>() {
            cx.evict(&member);
        }
        Ok(())
    }
}

impl OnLater<Think> for Lobby {
    fn on_later(&mut self, _: Think, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async {
            tokio::time::sleep(THOUGHT).await;
            Ok(())
        })
    }
}

impl Reply<Reserve> for Lobby {
    type Output = Result<(), Refusal>;

    fn reply(&mut self, Reserve(name): Reserve, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        self.seats.reserve(name, KEPT)?;
        cx.tell_after(KEPT, Look);
        self.show(cx);
        Ok(())
    }
}

impl Receive<Look> for Lobby {
    fn receive(&mut self, _: Look, cx: &mut RoomContext<Self>) {
        self.show(cx);
    }
}

/// What is new about the lobbies.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:news")]
pub(crate) struct News {
    pub(crate) added: Vec<(u64, Line)>,
    pub(crate) changed: Vec<(u64, Line)>,
    pub(crate) removed: Vec<u64>,
}

impl From<Changes<Lobby>> for News {
    fn from(Changes { added, changed, removed }: Changes<Lobby>) -> Self {
        Self { added, changed, removed }
    }
}

/// The client looks at the list, at all of it or only at lobbies with free seats.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:look")]
pub(crate) struct LookAround {
    pub(crate) free: bool,
}

/// It looks away.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:look-away")]
pub(crate) struct LookAway;

/// The next news make the session panic.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:stumble")]
pub(crate) struct Stumble;

/// Finds a lobby with a seat for the client, or makes one: its key.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:play", reply = u64)]
pub(crate) struct Play;

/// The key of the next lobby.
#[derive(Default)]
struct Keys(AtomicU64);

pub(crate) struct Hall {
    watching: Option<Watching>,
    stumbles: bool,
}

impl Session for Hall {
    type Identity = Guest;
    type Events = (LookAround, LookAway, Stumble, Later<Play>);
    type Sends = (News,);

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self { watching: None, stumbles: false })
    }
}

impl On<LookAround> for Hall {
    fn on(&mut self, event: LookAround, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        let rooms = cx.rooms::<Lobby>();
        let watch =
            if event.free { rooms.watch_only(|_, line| line.free > 0) } else { rooms.watch() };
        self.watching = Some(cx.watch(watch, |hall, changes, cx| {
            if std::mem::take(&mut hall.stumbles) {
                panic!("a panic at news");
            }
            cx.emit(&News::from(changes));
        }));
        Ok(())
    }
}

impl On<LookAway> for Hall {
    fn on(&mut self, _: LookAway, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.watching = None;
        Ok(())
    }
}

impl On<Stumble> for Hall {
    fn on(&mut self, _: Stumble, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.stumbles = true;
        Ok(())
    }
}

impl OnLater<Play> for Hall {
    fn on_later(&mut self, _: Play, cx: &mut SessionContext<Self>) -> Answer<u64> {
        let (rooms, name) = (cx.rooms::<Lobby>(), cx.identity().name.clone());
        let keys = cx.data::<Arc<Keys>>().cloned();
        Answer::later(async move {
            let keys = keys?;
            join_or_create(&rooms, || Reserve(name.clone()), &keys).await
        })
    }
}

async fn join_or_create(
    rooms: &Rooms<Lobby>,
    reserve: impl Fn() -> Reserve,
    keys: &Keys,
) -> Result<u64, Refusal> {
    let accepted = rooms.first_to_accept(|_, line| line.free > 0, &reserve).await;
    if let Some((lobby, ())) = accepted {
        return Ok(lobby);
    }
    let lobby = 100 + keys.0.fetch_add(1, Ordering::Relaxed);
    rooms.room(&lobby).open_and_ask(reserve()).await??;
    Ok(lobby)
}

/// A Salon with lobbies and halls.
pub(crate) fn salon() -> Salon {
    let keys = Arc::<Keys>::default();
    let builder = Salon::builder().authenticate(ByName::default()).data(keys);
    builder.session::<Hall>().room::<Lobby>().build().expect("the app is in order")
}

/// A client of that name, connected.
pub(crate) async fn come(lab: &Lab, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).auth(json!({ "name": name })).connect().await
}

/// The lobbies that a lab lists.
pub(crate) fn lobbies(lab: &Lab) -> Rooms<Lobby> {
    lab.salon().rooms()
}

/// The keys on the list, in its order.
pub(crate) fn listed(lab: &Lab) -> Vec<u64> {
    lobbies(lab).list().into_iter().map(|(key, _)| key).collect()
}

pub(crate) fn line(free: usize, note: u64) -> Line {
    Line { free, note }
}

//! The app of the tests of revocation: arenas whose broadcasts are numbered, and an office that
//! revokes.
//!
//! It must never number a broadcast twice: a recorder takes a gap and a double for a mistake of
//! Salon's.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use salon::auth::Identified;
use salon::{
    Answer, BuildError,
    auth::{What, Who},
    prelude::*,
};

use crate::rights::{Badge, ByBadge, Steward};

/// Enters an arena; `slow` is acknowledged a while after the member was admitted.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("arena:enter", room = Arena(arena), join, permit = "enter")]
pub(crate) struct Enter {
    pub(crate) arena: u32,
    #[serde(default)]
    pub(crate) slow: bool,
}

/// Has an arena broadcast its next number.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("arena:say", room = Arena(arena))]
pub(crate) struct Say {
    pub(crate) arena: u32,
}

/// Knocks, which the app counts.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("knock")]
pub(crate) struct Knock;

/// The snapshot of a new member: everything from `next` on is for it.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("arena:welcome")]
pub(crate) struct Welcome {
    pub(crate) arena: u32,
    pub(crate) next: u64,
}

/// The next number of an arena.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("arena:said")]
pub(crate) struct Said {
    pub(crate) arena: u32,
    pub(crate) number: u64,
}

/// Follows a revocation that has resolved, to the session that it was about.
#[derive(Clone, Debug, Serialize, Deserialize, Event)]
#[event("marker")]
pub(crate) struct Marker {
    /// How many memberships were lost.
    pub(crate) lost: usize,
    /// The last number of each arena when it resolved.
    pub(crate) last: Vec<u64>,
}

/// Has the office revoke something from a session, from the worker that this comes to.
#[derive(Clone, Debug, Serialize, Deserialize, Event)]
#[event("office:revoke", reply = Marker)]
pub(crate) struct Revoke {
    pub(crate) session: String,
    pub(crate) who: Whose,
    pub(crate) taken: Taken,
}

/// By what somebody is meant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Whose {
    Session(String),
    User(String),
    Token(String),
}

/// What is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Taken {
    Arena(u32),
    Permission,
    Everything,
}

impl Taken {
    pub(crate) fn what(&self) -> What {
        match self {
            Self::Arena(arena) => What::room(format!("arena:{arena}")),
            Self::Permission => What::permission("enter"),
            Self::Everything => What::Everything,
        }
    }
}

impl Whose {
    pub(crate) fn who(&self) -> Who {
        match self {
            Self::Session(id) => Who::session(id.as_str()),
            Self::User(name) => Who::user(name.as_str()),
            Self::Token(id) => Who::token(id.as_str()),
        }
    }
}

/// The last number that each arena has published.
#[derive(Clone)]
pub(crate) struct Published(Arc<[AtomicU64]>);

impl Published {
    fn new(arenas: u32) -> Self {
        Self((0..arenas).map(|_| AtomicU64::new(0)).collect())
    }

    fn next(&self, arena: u32) -> u64 {
        self.0[arena as usize].fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn last(&self, arena: u32) -> u64 {
        self.0[arena as usize].load(Ordering::SeqCst)
    }

    pub(crate) fn all(&self) -> Vec<u64> {
        self.0.iter().map(|last| last.load(Ordering::SeqCst)).collect()
    }
}

/// How often somebody knocked or was admitted to an arena.
#[derive(Clone, Default)]
pub(crate) struct Deeds {
    count: Arc<AtomicU64>,
    /// How many it were when the last revocation resolved.
    then: Arc<AtomicU64>,
}

impl Deeds {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    fn mark(&self) {
        self.then.store(self.count(), Ordering::SeqCst);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn then(&self) -> u64 {
        self.then.load(Ordering::SeqCst)
    }
}

/// The Salon, for its own handlers; taken out again when the test is over.
#[derive(Clone, Default)]
struct Office(Arc<Mutex<Option<Salon>>>);

/// A Salon with arenas.
pub(crate) struct Stage {
    pub(crate) salon: Salon,
    pub(crate) published: Published,
    pub(crate) deeds: Deeds,
    office: Office,
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = salon::Builder<Identified<Badge>>;

impl Stage {
    pub(crate) fn new(
        arenas: u32,
        configure: impl FnOnce(Known) -> Known,
    ) -> Result<Self, BuildError> {
        let (published, office, deeds) =
            (Published::new(arenas), Office::default(), Deeds::default());
        let builder = Salon::builder()
            .authenticate(ByBadge::default())
            .authority(Steward::default())
            .data(published.clone())
            .data(office.clone())
            .data(deeds.clone())
            .session::<Visit>()
            .room::<Arena>();
        let salon = configure(builder).build()?;
        *office.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(salon.clone());
        Ok(Self { salon, published, deeds, office })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.office.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// What a client is outside of arenas: it can ask the office.
pub(crate) struct Visit;

impl Session for Visit {
    type Identity = Badge;
    type Events = (Later<Revoke>, Knock);
    type Sends = ();

    fn connect(_: &Candidate<'_, Badge>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Revoke> for Visit {
    fn on_later(&mut self, revoke: Revoke, cx: &mut SessionContext<Self>) -> Answer<Marker> {
        let office = cx.data::<Office>().cloned();
        let published = cx.data::<Published>().cloned();
        let deeds = cx.data::<Deeds>().cloned();
        let done = async move {
            let salon = office?.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let salon = salon.ok_or_else(|| Refusal::internal("the test is over"))?;
            let published = published?;
            let sockets = salon.namespace("/").to(revoke.session.clone()).fetch().await;
            let revoked = salon.revoke(revoke.who.who(), revoke.taken.what()).await;
            deeds?.mark();
            let marker = Marker { lost: revoked.memberships, last: published.all() };
            let queued = sockets.iter().map(|socket| socket.try_emit(&marker)).all(|it| it.is_ok());
            if queued && revoke.taken == Taken::Everything && revoked.sessions > 0 {
                return Err(Refusal::internal("something came behind the farewell"));
            }
            Ok(marker)
        };
        // It goes on when whoever asked is gone, which may be whom it takes everything from.
        let done = actix_web::rt::spawn(done);
        Answer::later(async move {
            done.await.unwrap_or_else(|_| Err(Refusal::internal("the office is closed")))
        })
    }
}

impl On<Knock> for Visit {
    fn on(&mut self, _: Knock, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        cx.data::<Deeds>()?.add();
        Ok(())
    }
}

/// One arena.
pub(crate) struct Arena {
    arena: u32,
    published: Published,
    /// So that not every admission takes the same time.
    admitted: Cell<u32>,
}

impl Room for Arena {
    const NAME: &'static str = "arena";
    type Key = u32;
    type Identity = Badge;
    type Events = (Later<Enter>, Say);
    type Sends = (Said, Welcome);

    fn admit(&mut self, _: &Member<Badge>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        cx.data::<Deeds>()?.add();
        Ok(())
    }

    fn open(key: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let published = cx.data::<Published>()?.clone();
        Ok(Self { arena: *key, published, admitted: Cell::default() })
    }
}

impl OnLater<Enter> for Arena {
    fn on_later(&mut self, enter: Enter, cx: &mut EventContext<'_, Self>) -> Answer<()> {
        let next = self.published.last(self.arena) + 1;
        cx.to(cx.sender()).emit(&Welcome { arena: self.arena, next });
        let turns = self.admitted.replace(self.admitted.get() + 1) % 8;
        Answer::later(async move {
            if enter.slow {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
            Ok(())
        })
    }
}

impl On<Say> for Arena {
    fn on(&mut self, _: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let number = self.published.next(self.arena);
        cx.broadcast(&Said { arena: self.arena, number });
        Ok(())
    }
}

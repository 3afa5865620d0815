//! The app of the tests of revocation: arenas whose broadcasts are numbered, and an office that
//! revokes.
//!
//! It must never number a broadcast twice: a recorder takes a gap and a double for a mistake of
//! Salon's.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use salon::{
    Answer, BuildError,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question, What, Who},
    prelude::*,
};

/// What a client presents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Badge {
    pub(crate) name: String,
    /// Which of the name's logins it is: the token's id.
    pub(crate) login: u64,
    /// When it ends, in milliseconds of wall time; never if it is 0.
    #[serde(default)]
    pub(crate) until: u64,
    /// How many milliseconds the authenticator takes for it.
    #[serde(default)]
    pub(crate) takes: u64,
    /// How many milliseconds it takes for it each time but the first.
    #[serde(default)]
    pub(crate) takes_again: u64,
    /// How many milliseconds the authority takes for it, but for its first answer.
    #[serde(default)]
    pub(crate) thinks: u64,
    /// How many milliseconds a grant lasts; for as long as the session if it is 0.
    #[serde(default)]
    pub(crate) lasts: u64,
}

impl Badge {
    pub(crate) fn of(name: impl Into<String>, login: u64) -> Self {
        Self { name: name.into(), login, ..Self::default() }
    }

    /// The id of the token.
    pub(crate) fn token(&self) -> String {
        format!("{}#{}", self.name, self.login)
    }
}

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

/// The Salon, for its own handlers; taken out again when the test is over.
#[derive(Clone, Default)]
struct Office(Arc<Mutex<Option<Salon>>>);

/// A Salon with arenas.
pub(crate) struct Stage {
    pub(crate) salon: Salon,
    pub(crate) published: Published,
    office: Office,
}

impl Stage {
    pub(crate) fn new(
        arenas: u32,
        configure: impl FnOnce(salon::Builder) -> salon::Builder,
    ) -> Result<Self, BuildError> {
        let (published, office) = (Published::new(arenas), Office::default());
        let builder = Salon::builder()
            .authenticate(ByBadge::default())
            .authority(Steward::default())
            .data(published.clone())
            .data(office.clone())
            .session::<Visit>()
            .room::<Arena>();
        let salon = configure(builder).build()?;
        *office.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(salon.clone());
        Ok(Self { salon, published, office })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.office.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Believes every badge; with some it takes its time.
#[derive(Default)]
struct ByBadge {
    seen: Mutex<HashSet<String>>,
}

impl Authenticator for ByBadge {
    type Identity = Badge;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Badge>, Refusal> {
        let badge: Badge = credentials.auth()?;
        let is_new = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(badge.token())
        };
        wait(if is_new { badge.takes } else { badge.takes_again }).await;
        let name = badge.name.clone();
        let identity = Authenticated::new(badge.clone()).subject(name).token_id(badge.token());
        Ok(match badge.until {
            0 => identity,
            until => identity.until(SystemTime::UNIX_EPOCH + Duration::from_millis(until)),
        })
    }
}

/// Grants whatever it is asked for; with some answers it takes its time.
#[derive(Default)]
struct Steward {
    answered: Mutex<HashMap<String, u64>>,
}

impl Authority for Steward {
    type Identity = Badge;

    async fn decide(&self, question: Question<Badge>) -> Result<Grant, Refusal> {
        let badge = question.identity();
        let answered = {
            let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
            let count = answered.entry(badge.name.clone()).or_default();
            *count += 1;
            *count
        };
        if answered > 1 {
            wait(badge.thinks).await;
        }
        for _ in 0..answered % 3 {
            tokio::task::yield_now().await;
        }
        Ok(match badge.lasts {
            0 => Grant::standing(),
            lasts => Grant::until(question.now() + Duration::from_millis(lasts)),
        })
    }
}

/// Waits as an answer from another machine does: by the clock of the lab, where there is one.
async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// What a client is outside of arenas: it can ask the office.
pub(crate) struct Visit;

impl Session for Visit {
    type Identity = Badge;
    type Events = (Later<Revoke>,);

    fn connect(_: &Candidate<'_, Badge>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Revoke> for Visit {
    fn on_later(&mut self, revoke: Revoke, cx: &mut SessionContext<Self>) -> Answer<Marker> {
        let office = cx.data::<Office>().cloned();
        let published = cx.data::<Published>().cloned();
        Answer::later(async move {
            let salon = office?.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let salon = salon.ok_or_else(|| Refusal::internal("the test is over"))?;
            let published = published?;
            let sockets = salon.namespace("/").to(revoke.session.clone()).fetch().await;
            let revoked = salon.revoke(revoke.who.who(), revoke.taken.what()).await;
            let marker = Marker { lost: revoked.memberships, last: published.all() };
            let queued = sockets.iter().map(|socket| socket.emit(&marker)).all(|it| it.is_ok());
            if queued && revoke.taken == Taken::Everything && revoked.sessions > 0 {
                return Err(Refusal::internal("something came behind the farewell"));
            }
            Ok(marker)
        })
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

    fn open(key: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let published = cx.data::<Published>()?.clone();
        Ok(Self { arena: *key, published, admitted: Cell::default() })
    }
}

impl OnLater<Enter> for Arena {
    fn on_later(&mut self, enter: Enter, cx: &mut RoomContext<Self>) -> Answer<()> {
        let next = self.published.last(self.arena) + 1;
        cx.to(&cx.sender()).emit(&Welcome { arena: self.arena, next });
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
    fn on(&mut self, _: Say, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let number = self.published.next(self.arena);
        cx.broadcast(&Said { arena: self.arena, number });
        Ok(())
    }
}

//! What idle rooms and memberships take: by the allocator, which is exact, and as resident memory,
//! which is what a machine needs.
//!
//! It must never count what the clients take: they have all they need before the first figure.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use procfs::process::Process;
use salon::{Salon, prelude::*};
use salon_tests::{Result, in_process::InProcess};

use crate::{
    limit::Limit,
    load::{Crowd, Dialect},
    machine::raise_descriptors,
    measure::{ALLOCATOR, now},
};

const IDLE_ROOMS: u64 = 100_000;
const SESSIONS: usize = 1_000;
const ROOMS_EACH: usize = 100;

static OPENED: AtomicU64 = AtomicU64::new(0);

/// How long all of it may take: some seconds are usual.
const TIME: Duration = Duration::from_secs(600);

/// Opened to be there.
struct Open;

/// Become a member.
#[derive(Deserialize, Event)]
#[event("join", room = Hall(0), join)]
struct Join(String);

/// A room without state of its own: what it takes is Salon's.
struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    const LINGER: Duration = Duration::from_secs(3600);
    type Key = String;
    type Identity = ();
    type Events = (Join,);
    type Sends = ();

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        OPENED.fetch_add(1, Ordering::Relaxed);
        Ok(Self)
    }
}

impl On<Join> for Hall {
    fn on(&mut self, _: Join, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Receive<Open> for Hall {
    fn receive(&mut self, _: Open, _: &mut RoomContext<Self>) {}
}

/// What one of many takes, in bytes.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) what: &'static str,
    pub(crate) allocated: f64,
    pub(crate) resident: f64,
    /// How many came a second.
    pub(crate) per_second: f64,
}

/// Prints bytes per room and per membership, and how fast they come.
pub(crate) fn run() -> Result<()> {
    let head = ["one of them takes", "allocated", "resident", "a second"];
    println!("{:<34} {:>12} {:>12} {:>14}", head[0], head[1], head[2], head[3]);
    for Cost { what, allocated, resident, per_second } in costs()? {
        let (allocated, resident) = (format!("{allocated:.0} B"), format!("{resident:.0} B"));
        println!("{what:<34} {allocated:>12} {resident:>12} {per_second:>14.0}");
    }
    Ok(())
}

/// Counts a room and a membership, among many.
pub(crate) fn costs() -> Result<[Cost; 2]> {
    // Server and clients are both in this process.
    raise_descriptors()?;
    let _limit = Limit::of_process("memory", TIME);
    let salon = Salon::builder().room::<Hall>().build()?;
    let server = InProcess::start(&salon, 1)?;
    // Rooms open on workers, and a worker is there once it has served somebody.
    drop(Crowd::gather(server.address(), Dialect::SocketIo, 1)?);
    Ok([rooms(&salon)?, memberships(&server)?])
}

fn rooms(salon: &Salon) -> Result<Cost> {
    open(salon, "warm", 1_000)?;
    let (before, began) = (Held::now()?, now());
    open(salon, "idle", IDLE_ROOMS)?;
    before.cost("an idle room", IDLE_ROOMS, began.elapsed())
}

fn open(salon: &Salon, prefix: &str, rooms: u64) -> Result<()> {
    let wanted = OPENED.load(Ordering::Relaxed) + rooms;
    for room in 0..rooms {
        salon.room::<Hall>(&format!("{prefix}{room}")).open_and_tell(Open)?;
    }
    let deadline = now() + Duration::from_secs(60);
    while OPENED.load(Ordering::Relaxed) < wanted {
        if now() > deadline {
            return Err(format!("of {rooms} rooms not all opened within a minute").into());
        }
        std::thread::yield_now();
    }
    Ok(())
}

fn memberships(server: &InProcess) -> Result<Cost> {
    let mut crowd = Crowd::gather(server.address(), Dialect::SocketIo, SESSIONS)?;
    let joins: Vec<_> = (0..=ROOMS_EACH).map(|room| Dialect::SocketIo.join(room)).collect();
    let mut heard = Vec::with_capacity(SESSIONS);
    // The rooms, and each session's first membership, are there before anything is counted.
    for (room, join) in joins.iter().enumerate() {
        crowd.send(room, join)?;
    }
    acknowledged(&mut crowd, &mut heard, joins.len())?;
    all_join(&mut crowd, &mut heard, &joins[ROOMS_EACH])?;
    let (before, began) = (Held::now()?, now());
    for join in &joins[..ROOMS_EACH] {
        all_join(&mut crowd, &mut heard, join)?;
    }
    before.cost("a membership", (SESSIONS * ROOMS_EACH) as u64, began.elapsed())
}

fn all_join(crowd: &mut Crowd, heard: &mut Vec<crate::load::Heard>, join: &[u8]) -> Result<()> {
    for client in 0..SESSIONS {
        crowd.send(client, join)?;
    }
    acknowledged(crowd, heard, SESSIONS)
}

fn acknowledged(
    crowd: &mut Crowd,
    heard: &mut Vec<crate::load::Heard>,
    joins: usize,
) -> Result<()> {
    let (mut missing, deadline) = (joins as u64, now() + Duration::from_secs(20));
    while missing > 0 {
        crowd.listen(heard, Duration::from_millis(100))?;
        missing -= heard.iter().map(|one| one.acknowledgements).sum::<u64>();
        if now() > deadline {
            return Err(format!("{missing} of {joins} joins were not acknowledged").into());
        }
    }
    Ok(())
}

/// What this process holds at one time.
pub(crate) struct Held {
    allocated: usize,
    resident: u64,
}

impl Held {
    pub(crate) fn now() -> Result<Self> {
        let stats = ALLOCATOR.stats();
        let rollup = Process::myself()?.smaps_rollup()?.memory_map_rollup;
        let resident = rollup.into_iter().find_map(|map| map.extension.map.get("Rss").copied());
        let allocated = stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated);
        Ok(Self { allocated, resident: resident.unwrap_or(0) })
    }

    /// Prints it, in MB.
    pub(crate) fn print(&self, when: &str) {
        let mb = |bytes: f64| format!("{:.1} MB", bytes / 1e6);
        let (allocated, resident) = (mb(self.allocated as f64), mb(self.resident as f64));
        println!("{when:<30} {allocated:>12} {resident:>12}");
    }

    /// What one of those takes that have been added since.
    fn cost(&self, what: &'static str, count: u64, elapsed: Duration) -> Result<Cost> {
        let now = Self::now()?;
        let each = |bytes: f64| bytes / count as f64;
        Ok(Cost {
            what,
            allocated: each(now.allocated.wrapping_sub(self.allocated) as f64),
            resident: each(now.resident.saturating_sub(self.resident) as f64),
            per_second: count as f64 / elapsed.as_secs_f64(),
        })
    }
}

//! How long a revocation takes: until it resolves, until the last frame of its room is at the
//! client, and until the socket is closed.
//!
//! It must never hold anything back that a client is to read: a full outbox would be measured
//! instead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use salon::{
    Salon,
    auth::{What, Who},
    prelude::*,
};
use salon_tests::{
    Result,
    in_process::InProcess,
    steps::{Everything, Nobody},
    websocket::RawWebSocket,
};
use stats_alloc::Region;
use tokio::{
    runtime::Builder,
    task::{JoinHandle, JoinSet},
};

use crate::{
    limit::Limit,
    measure::{ALLOCATOR, now},
};

/// Who else is in the room.
const OTHERS: usize = 20;

/// How many broadcasts are under way at most, to the slowest of them.
const UNDER_WAY: u64 = 64;

/// How many frames the client has had before something is taken from it under load.
const FRAMES_BEFORE: u32 = 20;

/// How long all revocations of one kind may take: at first, and for each. A hundredth of that
/// is usual.
const START: Duration = Duration::from_secs(60);
const EACH: Duration = Duration::from_millis(100);

const ENTER: &[u8] = br#"420["hall:enter",{"hall":1}]"#;
const SAID: &[u8] = br#"42["hall:said""#;
const EVICTED: &[u8] = br#"42["salon:evicted""#;

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

#[derive(Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join, permit = "enter")]
struct Enter {
    hall: u32,
}

/// What is broadcast: 64 bytes of text and a number.
#[derive(Clone, Serialize, Event)]
#[event("hall:said")]
struct Said {
    text: String,
    number: u64,
}

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u32;
    type Identity = ();
    type Events = (Enter,);
    type Sends = (Said,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Prints how long so many revocations of each kind took.
pub(crate) fn run(revocations: u32) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("\n{revocations} revocations of each kind, over sockets on the loopback, 2 workers");
    println!("{:<56} {:>9} {:>9} {:>9}", "from the call of revoke, in µs", "median", "p99", "max");
    for load in [false, true] {
        let _limit = Limit::of_process("revocations", START + EACH * revocations);
        runtime.block_on(measure(revocations, load))?;
    }
    Ok(())
}

async fn measure(revocations: u32, load: bool) -> Result<()> {
    let builder = Salon::builder().authenticate(Nobody).authority(Everything).room::<Hall>();
    // Pings are not answered here.
    let salon = builder.heartbeat(Duration::from_secs(3600), Duration::from_secs(3600)).build()?;
    let server = InProcess::start(&salon, 2)?;
    let crowd = if load { Some(Crowd::gather(&salon, &server).await?) } else { None };
    let label = if load { "full load" } else { "idle" };
    let spans = || Vec::with_capacity(revocations as usize);
    let (mut resolved, mut last, mut late, mut evicted) = (spans(), spans(), spans(), spans());
    let (mut client, id) = connect(&server).await?;
    let region = Region::new(ALLOCATOR);
    for _ in 0..revocations {
        enter(&mut client, load).await?;
        let revoking = revoke(&salon, &id, What::room("hall:1"));
        let (last_frame, told) = read_room(&mut client).await?;
        let (called, done) = revoking.await?;
        resolved.push(done - called);
        last.push(last_frame.saturating_duration_since(called));
        late.push(last_frame.saturating_duration_since(done));
        evicted.push(told - called);
    }
    let change = region.change();
    print_row(&format!("{label}: a room's revocation resolves"), resolved);
    if load {
        print_row(&format!("{label}: the room's last frame is at the client"), last);
        print_row(&format!("{label}: the same, from when the revocation resolved"), late);
    }
    print_row(&format!("{label}: salon:evicted is at the client"), evicted);
    let (mut resolved, mut lapsed, mut closed) = (spans(), spans(), spans());
    for _ in 0..revocations {
        let (mut client, id) = connect(&server).await?;
        enter(&mut client, load).await?;
        let revoking = revoke(&salon, &id, What::Everything);
        let (told, end) = read_to_end(&mut client).await?;
        let (called, done) = revoking.await?;
        resolved.push(done - called);
        lapsed.push(told - called);
        closed.push(end - called);
    }
    print_row(&format!("{label}: everything's revocation resolves"), resolved);
    print_row(&format!("{label}: salon:lapsed is at the client"), lapsed);
    print_row(&format!("{label}: the socket is closed"), closed);
    match crowd {
        Some(crowd) => {
            let (frames, seconds) = crowd.disperse().await?;
            println!("  {OTHERS} others had {:.0} frames a second", frames as f64 / seconds);
        }
        None => {
            let allocations = change.allocations + change.reallocations;
            let per_revocation = allocations as f64 / f64::from(revocations.max(1));
            println!("  a revocation and a join: {per_revocation:.0} allocations, both sides");
        }
    }
    Ok(())
}

/// Revokes on another thread than the client's, and says when it was called and when it resolved.
fn revoke(salon: &Salon, id: &str, what: What) -> JoinHandle<(Instant, Instant)> {
    let (salon, who) = (salon.clone(), Who::session(id.to_owned()));
    tokio::spawn(async move {
        let called = now();
        salon.revoke(who, what).await;
        (called, now())
    })
}

async fn connect(server: &InProcess) -> Result<(RawWebSocket, String)> {
    let target = "/socket.io/?EIO=4&transport=websocket";
    let (mut client, _) = RawWebSocket::open(server.address(), target).await?;
    client.send_frame(TEXT, b"40").await?;
    loop {
        let payload = next(&mut client).await?;
        if let Some(reply) = payload.strip_prefix(b"40") {
            let reply: serde_json::Value = serde_json::from_slice(reply)?;
            let id = reply["sid"].as_str().ok_or("a session has an id")?;
            return Ok((client, id.to_owned()));
        }
    }
}

async fn next(client: &mut RawWebSocket) -> Result<Vec<u8>> {
    let frame = client.receive().await?.ok_or("the server closed the connection")?;
    Ok(frame.payload)
}

/// Becomes a member, and under load hears a part of what is broadcast.
async fn enter(client: &mut RawWebSocket, load: bool) -> Result<()> {
    client.send_frame(TEXT, ENTER).await?;
    while !next(client).await?.starts_with(b"430") {}
    let mut missing = if load { FRAMES_BEFORE } else { 0 };
    while missing > 0 {
        missing -= u32::from(next(client).await?.starts_with(SAID));
    }
    Ok(())
}

/// Reads until the client is evicted: when the room's last frame came, and when it was told. If no
/// frame came that is as long ago as it was called.
async fn read_room(client: &mut RawWebSocket) -> Result<(Instant, Instant)> {
    let mut last = now();
    loop {
        let payload = next(client).await?;
        if payload.starts_with(SAID) {
            last = now();
        } else if payload.starts_with(EVICTED) {
            return Ok((last, now()));
        }
    }
}

/// Reads until the socket is closed, as a client does that answers a close frame: when it was told,
/// and when that was.
async fn read_to_end(client: &mut RawWebSocket) -> Result<(Instant, Instant)> {
    let mut told = None;
    while let Some(frame) = client.receive().await? {
        if frame.payload.starts_with(br#"42["salon:lapsed""#) {
            told = Some(now());
        } else if frame.head == CLOSE {
            client.send_frame(CLOSE, &frame.payload).await?;
        }
    }
    Ok((told.ok_or("a farewell")?, now()))
}

/// Members who hear everything, and somebody who talks as fast as the slowest of them reads.
struct Crowd {
    over: Arc<AtomicBool>,
    heard: Arc<[AtomicU64]>,
    readers: JoinSet<Result<()>>,
    talker: JoinHandle<()>,
    began: Instant,
}

impl Crowd {
    async fn gather(salon: &Salon, server: &InProcess) -> Result<Self> {
        let heard: Arc<[AtomicU64]> = (0..OTHERS).map(|_| AtomicU64::new(0)).collect();
        let mut readers = JoinSet::new();
        for number in 0..OTHERS {
            let (mut client, _) = connect(server).await?;
            enter(&mut client, false).await?;
            let heard = heard.clone();
            readers.spawn(async move {
                while let Ok(payload) = next(&mut client).await {
                    let said = u64::from(payload.starts_with(SAID));
                    heard[number].fetch_add(said, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        let over = Arc::new(AtomicBool::new(false));
        let talker = tokio::spawn(talk(salon.clone(), over.clone(), heard.clone()));
        Ok(Self { over, heard, readers, talker, began: now() })
    }

    /// How many frames they had, and in how many seconds.
    async fn disperse(mut self) -> Result<(u64, f64)> {
        let frames = self.heard.iter().map(|heard| heard.load(Ordering::Relaxed)).sum();
        let seconds = self.began.elapsed().as_secs_f64();
        self.over.store(true, Ordering::Relaxed);
        self.talker.await?;
        self.readers.shutdown().await;
        Ok((frames, seconds))
    }
}

async fn talk(salon: Salon, over: Arc<AtomicBool>, heard: Arc<[AtomicU64]>) {
    let room = salon.room::<Hall>(&1);
    let text = "x".repeat(64);
    let mut number = 0;
    while !over.load(Ordering::Relaxed) {
        let slowest = heard.iter().map(|heard| heard.load(Ordering::Relaxed)).min();
        if number - slowest.unwrap_or(number) < UNDER_WAY {
            number += 1;
            room.broadcast(&Said { text: text.clone(), number }).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

fn print_row(what: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let at = |part: f64| {
        let index = (spans.len() as f64 * part) as usize;
        let span = spans.get(index.min(spans.len().saturating_sub(1)));
        span.map_or(0.0, |span| span.as_secs_f64() * 1e6)
    };
    println!("{what:<56} {:>9.0} {:>9.0} {:>9.0}", at(0.5), at(0.99), at(1.0));
}

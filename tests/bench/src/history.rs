//! What it costs to keep what a room publishes, and what a member costs that does not take it.
//!
//! It must never keep more than the room says: what is measured is the usual, and not its limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use salon::{History, Salon, prelude::*};
use salon_tests::{Result, in_process::InProcess, websocket::RawWebSocket};
use stats_alloc::Region;
use tokio::{runtime::Builder, task::JoinSet};

use crate::{
    limit::Limit,
    measure::{ALLOCATOR, now},
};

/// How many events a room keeps here.
const KEPT: usize = 10_000;

/// How many are published in one turn of the room.
const TURN: u64 = 500;

/// Who takes what is sent, beside one that does not.
const FAST: usize = 99;

/// Of how many things there are prices.
const PRICES: u32 = 100;

const TEXT: u8 = 0x81;

#[derive(Deserialize, Event)]
#[event("hall:enter", room = Hall::<KEEPS>(0), join)]
struct Enter<const KEEPS: bool>(u32);

/// 64 bytes of text and a number.
#[derive(Serialize, Event)]
#[event("hall:said")]
struct Said<'a> {
    text: &'a str,
    number: u64,
}

/// What something costs at the moment.
#[derive(Serialize, Event)]
#[event("hall:price", latest = of)]
struct Price {
    of: u32,
    price: u64,
}

struct Hall<const KEEPS: bool>;

impl<const KEEPS: bool> Room for Hall<KEEPS> {
    const NAME: &'static str = "hall";
    const HISTORY: History = match KEEPS {
        true => History::keep(KEPT).bytes(64 << 20),
        false => History::NONE,
    };
    type Key = u32;
    type Identity = ();
    type Events = (Enter<KEEPS>,);
    type Sends = (Said<'static>, Price);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<const KEEPS: bool> On<Enter<KEEPS>> for Hall<KEEPS> {
    fn on(&mut self, _: Enter<KEEPS>, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Publishes so many, from that number on.
struct Publish {
    first: u64,
    events: u64,
}

impl<const KEEPS: bool> Reply<Publish> for Hall<KEEPS> {
    type Output = ();

    fn reply(&mut self, Publish { first, events }: Publish, cx: &mut RoomContext<Self>) {
        let text = "x".repeat(64);
        (first..first + events).for_each(|number| cx.broadcast(&Said { text: &text, number }));
    }
}

/// Publishes so many prices, of one thing after the other.
struct Quote {
    first: u64,
}

impl<const KEEPS: bool> Reply<Quote> for Hall<KEEPS> {
    type Output = ();

    fn reply(&mut self, Quote { first }: Quote, cx: &mut RoomContext<Self>) {
        for (of, price) in (0..PRICES).zip(first..) {
            cx.broadcast(&Price { of, price });
        }
    }
}

/// Prints what so many publications cost.
pub(crate) fn run(publications: u32) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let _limit = Limit::of_process("histories", Duration::from_secs(120));
    println!("\n{publications} publications to one member, 64 bytes of text and a number each");
    println!("{:<40} {:>9} {:>12} {:>12}", "", "ns", "allocations", "bytes left");
    runtime.block_on(kept::<false>("numbered", publications))?;
    runtime.block_on(kept::<true>("numbered, and kept", publications))?;
    println!("\n{FAST} members that read, from the call to each of them, in µs");
    println!("{:<40} {:>9} {:>9}", "", "median", "p99");
    for (what, is_there) in [("alone", false), ("beside one that does not read", true)] {
        runtime.block_on(beside(what, is_there))?;
    }
    println!(
        "\nThe newest of {PRICES} prices, 10,000 a second, to one that does not read: bytes more than before"
    );
    println!("{:<40} {:>9} {:>9} {:>9} {:>9}", "after", "1 s", "2 s", "5 s", "10 s");
    runtime.block_on(newest())
}

async fn connect(server: &InProcess) -> Result<RawWebSocket> {
    let target = "/socket.io/?EIO=4&transport=websocket";
    let (mut client, _) = RawWebSocket::open(server.address(), target).await?;
    client.send_frame(TEXT, b"40").await?;
    hear(&mut client, b"40").await?;
    client.send_frame(TEXT, br#"420["hall:enter",1]"#).await?;
    hear(&mut client, b"430").await?;
    Ok(client)
}

/// Reads until something comes that begins so.
async fn hear(client: &mut RawWebSocket, begin: &[u8]) -> Result<()> {
    loop {
        let frame = client.receive().await?.ok_or("the server closed the connection")?;
        if frame.payload.starts_with(begin) {
            return Ok(());
        }
    }
}

fn serve<const KEEPS: bool>() -> Result<(Salon, InProcess)> {
    let builder = Salon::builder().room::<Hall<KEEPS>>();
    // Pings are not answered here.
    let salon = builder.heartbeat(Duration::from_secs(3600), Duration::from_secs(3600)).build()?;
    let server = InProcess::start(&salon, 2)?;
    Ok((salon, server))
}

async fn publish<const KEEPS: bool>(salon: &Salon, first: u64, events: u64) -> Result<()> {
    Ok(salon.room::<Hall<KEEPS>>(&1).ask(Publish { first, events }).await?)
}

async fn kept<const KEEPS: bool>(what: &str, publications: u32) -> Result<()> {
    let (salon, server) = serve::<KEEPS>()?;
    let mut client = connect(&server).await?;
    // What grows once has grown.
    let mut first = 1;
    for _ in 0..2 * KEPT as u64 / TURN {
        publish::<KEEPS>(&salon, first, TURN).await?;
        first += TURN;
        hear_turn(&mut client).await?;
    }
    let before = Region::new(ALLOCATOR);
    let began = now();
    for _ in 0..u64::from(publications).div_ceil(TURN) {
        publish::<KEEPS>(&salon, first, TURN).await?;
        first += TURN;
        hear_turn(&mut client).await?;
    }
    let each = began.elapsed().as_nanos() / u128::from(publications.max(1));
    let change = before.change();
    let count = (change.allocations + change.reallocations) as f64 / f64::from(publications);
    drop((salon, server, client));
    let left = left::<KEEPS>().await?;
    println!("{what:<40} {each:>9} {count:>12.2} {left:>12}");
    Ok(())
}

async fn hear_turn(client: &mut RawWebSocket) -> Result<()> {
    for _ in 0..TURN {
        hear(client, br#"42["hall:said""#).await?;
    }
    Ok(())
}

/// The bytes that are left of one that was published, once.
async fn left<const KEEPS: bool>() -> Result<usize> {
    let (salon, server) = serve::<KEEPS>()?;
    let mut client = connect(&server).await?;
    publish::<KEEPS>(&salon, 1, TURN).await?;
    hear_turn(&mut client).await?;
    let before = Region::new(ALLOCATOR);
    for turn in 1..KEPT as u64 / TURN {
        publish::<KEEPS>(&salon, turn * TURN + 1, TURN).await?;
        hear_turn(&mut client).await?;
    }
    let change = before.change();
    drop(server);
    let bytes = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    Ok(bytes / (KEPT - TURN as usize))
}

/// What a process has more while one that reads nothing is sent what is `latest`.
async fn newest() -> Result<()> {
    let (salon, server) = serve::<false>()?;
    let idle = connect(&server).await?;
    let before = Region::new(ALLOCATOR);
    let mut turns = tokio::time::interval(Duration::from_secs(1) * PRICES / 10_000);
    let mut bytes = Vec::new();
    for turn in 1..=10 * 10_000 / u64::from(PRICES) {
        turns.tick().await;
        salon.room::<Hall<false>>(&1).ask(Quote { first: turn * u64::from(PRICES) }).await?;
        if [1, 2, 5, 10].map(|second| second * 10_000 / u64::from(PRICES)).contains(&turn) {
            let change = before.change();
            bytes.push(change.bytes_allocated as i64 - change.bytes_deallocated as i64);
        }
    }
    drop((idle, server));
    print!("{:<40}", "");
    bytes.iter().for_each(|bytes| print!(" {bytes:>9}"));
    println!();
    Ok(())
}

/// How long it takes to those that read, while one is there that does not.
async fn beside(what: &str, is_there: bool) -> Result<()> {
    const ROUNDS: usize = 2_000;
    let (salon, server) = serve::<true>()?;
    let idle = if is_there { Some(connect(&server).await?) } else { None };
    let called: Arc<[AtomicU64]> = (0..=ROUNDS).map(|_| AtomicU64::new(0)).collect();
    let began = now();
    let mut readers = JoinSet::new();
    for _ in 0..FAST {
        let (mut client, called) = (connect(&server).await?, called.clone());
        readers.spawn(async move { read(&mut client, &called, began, ROUNDS).await });
    }
    for round in 1..=ROUNDS {
        called[round].store(micros(began), Ordering::Relaxed);
        publish::<true>(&salon, round as u64, 1).await?;
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    let mut spans = Vec::new();
    while let Some(read) = readers.join_next().await {
        spans.extend(read??);
    }
    spans.sort_unstable();
    let at = |part: usize| spans.get(spans.len() * part / 100).copied().unwrap_or_default();
    println!("{what:<40} {:>9} {:>9}", at(50), at(99));
    drop(idle);
    Ok(())
}

async fn read(
    client: &mut RawWebSocket,
    called: &[AtomicU64],
    began: Instant,
    rounds: usize,
) -> Result<Vec<u64>> {
    let mut spans = Vec::with_capacity(rounds);
    for called in called.iter().skip(1) {
        hear(client, br#"42["hall:said""#).await?;
        spans.push(micros(began).saturating_sub(called.load(Ordering::Relaxed)));
    }
    Ok(spans)
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

//! What stays of a storm: the memory that a process has before, at the peak, and when all is over.
//!
//! It must never measure before the last of what came is gone.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use salon::{Count, Salon, prelude::*};
use salon_tests::{Result, in_process::InProcess};

use crate::{
    limit::Limit,
    load::{Crowd, Dialect},
    machine::raise_descriptors,
    measure::now,
    memory::Held,
};

/// As many as may be open by default.
const ROOMS: u64 = 250_000;
const SESSIONS: usize = 100_000;

/// How many handshakes are written at a time, on a connection of their own.
const BATCH: usize = 1_000;

/// How often a storm comes: what stays must not grow with it.
const STORMS: usize = 3;

/// How long all of it may take: a minute is usual.
const TIME: Duration = Duration::from_secs(600);

/// Long enough for all of a storm to be there at a time.
const KEPT: Duration = Duration::from_secs(10);

/// Opened to be gone.
struct Tent;

struct Open;

impl Room for Tent {
    const NAME: &'static str = "tent";
    const LINGER: Duration = KEPT;
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Receive<Open> for Tent {
    fn receive(&mut self, _: Open, _: &mut RoomContext<Self>) {}
}

/// Prints what is there before, at the peak, and after each storm.
pub(crate) fn run() -> Result<()> {
    raise_descriptors()?;
    let _limit = Limit::of_process("aftermath", TIME);
    let salon = Salon::builder()
        .room::<Tent>()
        .limits(|limits| {
            limits.max_open_rooms = usize::MAX;
            limits.max_connections = SESSIONS * 2;
        })
        .timeouts(|timeouts| timeouts.connect = KEPT)
        .build()?;
    let server = InProcess::start(&salon, 1)?;
    drop(Crowd::gather(server.address(), Dialect::SocketIo, 1)?);
    println!("{:<30} {:>12} {:>12}", "", "allocated", "resident");
    let before = Held::now()?;
    before.print("before");
    for storm in 1..=STORMS {
        rooms(&salon)?;
        Held::now()?.print(&format!("{ROOMS} rooms, storm {storm}"));
        until("rooms", || salon.open_rooms() == 0)?;
        Held::now()?.print("when they are gone");
    }
    for storm in 1..=STORMS {
        sessions(server.address())?;
        let there = salon.connections();
        Held::now()?.print(&format!("{there} polling sessions, storm {storm}"));
        until("sessions", || salon.connections() == 0)?;
        Held::now()?.print("when they are gone");
    }
    Ok(())
}

fn rooms(salon: &Salon) -> Result<()> {
    let wanted = salon.counters().get(Count::RoomsOpened) + ROOMS;
    for room in 0..ROOMS {
        salon.room::<Tent>(&room).open_and_tell(Open)?;
    }
    until("openings", || salon.counters().get(Count::RoomsOpened) >= wanted)
}

/// Opens polling sessions, none of which sends a CONNECT.
fn sessions(address: SocketAddr) -> Result<()> {
    let request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let requests = request.repeat(BATCH);
    for _ in 0..SESSIONS / BATCH {
        let mut reading = TcpStream::connect(address)?;
        let (mut writing, requests) = (reading.try_clone()?, requests.clone());
        let written = thread::spawn(move || writing.write_all(requests.as_bytes()));
        let (mut answered, mut buffer, mut kept) = (0, vec![0; 1 << 16], Vec::new());
        let head = b"HTTP/1.1 ";
        while answered < BATCH {
            let read = reading.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            kept.extend_from_slice(&buffer[..read]);
            answered += kept.windows(head.len()).filter(|window| window == head).count();
            kept.drain(..kept.len().saturating_sub(head.len() - 1));
        }
        written.join().map_err(|_| "the writer panicked")??;
    }
    Ok(())
}

fn until(what: &str, is_over: impl Fn() -> bool) -> Result<()> {
    let deadline = now() + 6 * KEPT;
    while !is_over() {
        if now() > deadline {
            return Err(format!("{what} are not over after {:?}", 6 * KEPT).into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    // What was the last to go may be in the middle of it; and some allocators take their time.
    thread::sleep(Duration::from_secs(2));
    Ok(())
}

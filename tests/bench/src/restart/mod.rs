//! A process with durable rooms is killed, and started again: what it takes until everybody is back.
//!
//! It must never count a client as back that has lost something.

mod member;
mod members;

use std::time::Duration;

use salon_tests::Result;
use tempfile::TempDir;

use self::members::Members;
use crate::{
    machine::{self, Machine, Placement},
    measure::now,
    peer,
    server::Server,
};

const ROOMS: usize = 100;

/// What is said in each room that its members have not heard when the process ends.
const BEHIND: usize = 10;

const SECRET: &str = "thirty-two bytes are a good secret";

/// Has so many clients come back.
pub(crate) fn run(clients: u32) -> Result<()> {
    let machine = Machine::take()?;
    let clients = machine.connections_anew(clients as usize);
    let rooms = ROOMS.min(clients);
    let program = peer::build_salon()?;
    let folder = TempDir::with_prefix("salon-bench-")?;
    let file = folder.path().join("rooms.db");
    let start = || Server::start(peer::durable(&program, &file, SECRET));

    let server = machine.place(Placement::Apart, start)?;
    let mut members = Members::new(clients, rooms, SECRET)?;
    server.in_time(members.join(server.address()).and_then(|()| members.settle()))?;
    members.note();
    server.in_time(members.say(BEHIND))?;
    let at_rest = server.memory()?;
    drop(server);
    members.cut();

    let began = now();
    let server = machine.place(Placement::Apart, start)?;
    let (started, cpu, listens) = (began.elapsed(), server.cpu()?, now());
    server.in_time(members.join(server.address()))?;
    let (joined, cpu) = (listens.elapsed(), server.cpu()? - cpu);
    server.in_time(members.settle())?;
    let (peak, rest) = (server.peak()?, server.memory()?);

    println!("\n{}", machine::name());
    println!(
        "{clients} clients in {rooms} rooms, {BEHIND} events behind; one worker on a core of its own"
    );
    show("listens after, ms", millis(started));
    show("the last has joined after, ms", millis(joined));
    show("CPU of the server per client, µs", cpu.as_secs_f64() * 1e6 / clients as f64);
    show(
        "events to each: who is there, and what was said",
        members.events() as f64 / clients as f64,
    );
    show("memory at rest before it was killed, MB", at_rest as f64 / 1e6);
    show("peak memory of the next process, MB", peak as f64 / 1e6);
    show("memory of it at rest, MB", rest as f64 / 1e6);
    show("the peak to the memory before, ×", peak as f64 / at_rest as f64);
    let (resumed, lost) = members.resumed();
    println!("resumed, without a snapshot: {resumed} of {clients}");
    for (why, clients) in &lost {
        println!("lost, {why}: {clients}");
    }
    let (heard, missed) = (members.heard(), clients * BEHIND);
    println!("heard of what was said meanwhile: {heard} of {missed}");
    match lost.is_empty() && heard == missed {
        true => Ok(()),
        false => Err("not everybody is back as if nothing had been".into()),
    }
}

fn show(what: &str, value: f64) {
    println!("{what:<50} {value:>9.2}");
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

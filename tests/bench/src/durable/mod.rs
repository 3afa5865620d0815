//! What it costs that a room is durable, and what others take who keep what they are told: publications
//! per second, and how long an acknowledgement takes.
//!
//! It must never set a promise beside a weaker one without naming both.

mod callers;
mod disk;
mod ledger;
mod nats;
mod redis;
mod salon;
mod subject;
mod watch;
mod wire;

use std::time::Duration;

use salon_tests::Result;
use tokio::{runtime::Builder, task::LocalSet};

use self::{
    callers::{Driven, Shape},
    subject::{Subject, version},
    watch::Reading,
};
use crate::machine;

pub(crate) use self::ledger::{Promise, serve_apart};

const SHAPES: [Shape; 3] = [
    Shape { rooms: 1, callers: 1 },
    Shape { rooms: 1, callers: 256 },
    Shape { rooms: 1_000, callers: 256 },
];

/// What is in the way of a publication, and what is not.
const WAY: &str = "\
Each caller publishes 64 bytes of text and a number, and the next when that is acknowledged; all of
them are on one thread. Each server has its own process, one worker if it is Salon, both cores with
the callers, and a folder of its own in the temporary directory. A room keeps its last 1,000.
  in process        a room of this process is asked; no socket
  over WebSocket    a connection per caller on loopback; the session asks the room, which has no members
  Redis             a connection per caller; XADD … MAXLEN ~ 1000 to a stream per room
  NATS              a connection per caller; one stream in files, a subject per room
Outlive the end of the process when they are acknowledged: Salon `Process`, Redis `everysec`, NATS; that
of the machine as well: `Disk`, and `always`.
CPU is that of the server in µs for each, and `writer` what of that the thread of the store took; in
process it is without the thread of the callers, and allocations are with it. Each line is the round in
the middle of three, by how much was published.";

/// The rounds go through all of them before they begin again: a machine, or a disk, that is slower for a
/// while is slower for all.
const ROUNDS: usize = 3;

/// Measures all of them, for so many seconds each in each round.
pub(crate) fn run(seconds: u32) -> Result<()> {
    println!("\n{}\n\n{WAY}", machine::name());
    for program in [redis::PROGRAM, nats::PROGRAM] {
        if let Some(version) = version(program) {
            println!("{program}: {version}");
        }
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for shape in SHAPES {
        let subjects = Subject::ALL.into_iter().filter(|subject| subject.fits(shape));
        let mut rows: Vec<_> = subjects.map(|subject| (subject, Vec::new())).collect();
        for _ in 0..ROUNDS {
            for (subject, rounds) in &mut rows {
                if subject.missing().is_none() {
                    let measured = subject.measure(shape, Duration::from_secs(seconds.into()));
                    let driven = LocalSet::new().block_on(&runtime, measured);
                    rounds.push(driven.map_err(|error| format!("{}: {error}", subject.name()))?);
                }
            }
        }
        head(shape);
        for (subject, mut rounds) in rows {
            rounds.sort_by(|one, other| one.per_second().total_cmp(&other.per_second()));
            let line = subject.missing().unwrap_or_else(|| line(&rounds));
            println!("{:<34} {line}", subject.name());
        }
    }
    Ok(())
}

fn head(Shape { rooms, callers }: Shape) {
    println!("\n{callers} at a time, in {rooms} {}", if rooms == 1 { "room" } else { "rooms" });
    println!(
        "{:<34} {:>8} {:>15} {:>8} {:>8} {:>6} {:>6} {:>9} {:>10} {:>6}",
        "",
        "a second",
        "(least–most)",
        "p50 µs",
        "p99 µs",
        "CPU",
        "writer",
        "commits/s",
        "per commit",
        "allocs"
    );
}

/// What the round in the middle was; they are in order.
fn line(rounds: &[Driven]) -> String {
    let [least, .., most] = rounds else { return String::new() };
    let driven = &rounds[rounds.len() / 2];
    let range = format!("({:.0}–{:.0})", least.per_second(), most.per_second());
    let shown = |value: Option<f64>, digits| match value {
        Some(value) => format!("{value:.digits$}"),
        None => "–".to_owned(),
    };
    let commits = driven.each(Reading::commits);
    format!(
        "{:>8.0} {range:>15} {:>8.0} {:>8.0} {:>6} {:>6} {:>9} {:>10} {:>6}",
        driven.per_second(),
        driven.at(0.5),
        driven.at(0.99),
        shown(driven.each(Reading::cpu), 1),
        shown(driven.each(Reading::writer), 1),
        shown(driven.in_a_second(Reading::commits), 0),
        shown(commits.map(|commits| 1.0 / commits), 1),
        shown(driven.each(Reading::allocations), 1),
    )
}

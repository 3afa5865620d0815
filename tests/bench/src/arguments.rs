//! The command line.
//!
//! It must never guess: what it does not know is refused, with what there is.

use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};
use salon_tests::Result;

use crate::{
    durable::Promise,
    modes::{Extent, Mode},
    peer::Peer,
};

const USAGE: &str = "\
salon-bench: what Salon costs

  salon-bench [--quick] [--rounds N] [--modes a,b] [--peers a,b] [--no-files]
      Salon beside its peers: prints the table, and writes results/comparison.json and .svg, and
      what the next two do
      (--quick, or a part of the modes or peers: results/partial.json and .svg, which git ignores)
  salon-bench alone            what Salon costs alone, by instructions, allocations and bytes: writes
                               results/alone.json
  salon-bench pages            writes what is in results/ into the guide and the README
  salon-bench event [N]        what one event costs by its steps, N times each
  salon-bench revocation [N]   how long a revocation takes, N times each
  salon-bench history [N]      what it costs to keep N publications, and what a member that does not read
  salon-bench durable [S]      durable publications per second, S seconds each, beside Redis and NATS
  salon-bench restart [N]      what it takes until N clients of durable rooms are back after `kill -9`
  salon-bench memory           what idle rooms and memberships take
  salon-bench aftermath        what stays of a storm of rooms, and of one of polling sessions
  salon-bench instructions     instructions of one event by its steps, against their limits; needs valgrind";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Command {
    Compare(Comparison),
    Alone,
    Pages,
    Event(u32),
    Revocation(u32),
    History(u32),
    /// For so many seconds each.
    Durable(u32),
    /// A server of durable rooms, for the one before to measure.
    DurableServer(Promise, PathBuf),
    Restart(u32),
    Memory,
    Aftermath,
    Instructions,
    /// One step, so many times, for valgrind to count.
    Step(usize, u32),
    Help,
}

/// What is to be compared.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) rounds: usize,
    pub(crate) modes: Vec<Mode>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) extent: Extent,
    /// Whether this is the whole comparison, whose results are committed.
    pub(crate) whole: bool,
    pub(crate) files: bool,
}

impl Command {
    /// Reads the arguments of this process.
    pub(crate) fn from_arguments() -> Result<Self> {
        let mut parser = Parser::from_env();
        let mut rounds = None;
        let (mut modes, mut peers) = (Mode::ALL.to_vec(), Peer::ALL.to_vec());
        let (mut quick, mut files) = (false, true);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("quick") => quick = true,
                Arg::Long("no-files") => files = false,
                Arg::Long("rounds") => rounds = Some(parser.value()?.parse::<usize>()?.max(1)),
                Arg::Long("modes") => {
                    modes = named(&parser.value()?.string()?, &Mode::ALL, Mode::name)?;
                }
                Arg::Long("peers") => {
                    peers = named(&parser.value()?.string()?, &Peer::ALL, Peer::name)?;
                }
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                Arg::Value(command) => return Self::named(&command.string()?, &mut parser),
                other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
            }
        }
        let whole = !quick && modes.len() == Mode::ALL.len() && peers.len() == Peer::ALL.len();
        Ok(Self::Compare(Comparison {
            rounds: rounds.unwrap_or(if quick { 1 } else { 3 }),
            modes,
            peers,
            extent: if quick { Extent::QUICK } else { Extent::FULL },
            whole,
            files,
        }))
    }

    /// How it is used.
    pub(crate) fn usage() -> &'static str {
        USAGE
    }

    fn named(name: &str, parser: &mut Parser) -> Result<Self> {
        let mut count = |default| -> Result<u32> {
            Ok(match parser.next()? {
                Some(Arg::Value(count)) => count.parse()?,
                Some(other) => return Err(other.unexpected().into()),
                None => default,
            })
        };
        match name {
            "alone" => Ok(Self::Alone),
            "pages" => Ok(Self::Pages),
            "event" => Ok(Self::Event(count(200_000)?)),
            "revocation" => Ok(Self::Revocation(count(1_000)?)),
            "history" => Ok(Self::History(count(100_000)?)),
            "durable" => Ok(Self::Durable(count(3)?.max(1))),
            "durable-server" => {
                let promises = named(&parser.value()?.string()?, &Promise::ALL, Promise::name)?;
                let promise = *promises.first().ok_or("a server makes one promise")?;
                Ok(Self::DurableServer(promise, parser.value()?.into()))
            }
            "restart" => Ok(Self::Restart(count(10_000)?.max(1))),
            "memory" => Ok(Self::Memory),
            "aftermath" => Ok(Self::Aftermath),
            "instructions" => Ok(Self::Instructions),
            "step" => Ok(Self::Step(count(0)? as usize, count(1)?)),
            _ => Err(format!("there is no command {name:?}\n\n{USAGE}").into()),
        }
    }
}

/// Finds what a list separated by commas names.
fn named<T: Copy>(list: &str, all: &[T], name: fn(T) -> &'static str) -> Result<Vec<T>> {
    let find = |wanted: &str| {
        all.iter().copied().find(|one| name(*one) == wanted).ok_or_else(|| {
            let names: Vec<_> = all.iter().copied().map(name).collect();
            format!("there is no {wanted:?}; there are: {}", names.join(", ")).into()
        })
    };
    list.split(',').map(find).collect()
}

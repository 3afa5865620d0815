//! A conversation that keeps itself going, over a time, with what it cost the server.
//!
//! It must never stop measuring in the middle of a batch that it does not count: what is under way at
//! both ends of the time is small against what was said between them.

use std::time::Duration;

use salon_tests::Result;

use super::{Crowd, Heard};
use crate::{measure::now, modes::Extent, server::Server};

/// What clients say to each other when one hears something.
pub(crate) trait Talk {
    /// The first words.
    fn begin(&mut self, crowd: &mut Crowd) -> Result<()>;

    /// Takes note of what a client heard; says the next thing, if the talk goes on.
    fn heard(&mut self, crowd: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()>;

    /// How many messages have been heard.
    fn count(&self) -> u64;

    /// How many messages are still to come, or have come too often: what is doubled must not make
    /// up for what is lost.
    fn missing(&self) -> u64;

    /// Warming up is over.
    fn measured_from_now(&mut self) {}
}

/// What a talk was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driven {
    pub(crate) count: u64,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Duration,
    pub(crate) lost: u64,
}

impl Driven {
    /// Processor time of the server per message, in µs.
    pub(crate) fn cpu_per_message(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count.max(1) as f64
    }

    /// Messages per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }
}

/// Has a talk go on for a time, after another to warm up, and to its last word.
pub(crate) fn drive(
    crowd: &mut Crowd,
    talk: &mut impl Talk,
    server: &Server,
    extent: &Extent,
) -> Result<Driven> {
    let mut heard = Vec::with_capacity(crowd.len());
    talk.begin(crowd)?;
    turn_until(crowd, talk, &mut heard, extent.warm_up)?;
    talk.measured_from_now();
    let (cpu, count, began) = (server.cpu()?, talk.count(), now());
    turn_until(crowd, talk, &mut heard, extent.time)?;
    let (cpu, count, elapsed) = (server.cpu()? - cpu, talk.count() - count, began.elapsed());
    let deadline = now() + extent.last_words;
    while talk.missing() > 0 && now() < deadline {
        turn(crowd, talk, &mut heard, false)?;
    }
    Ok(Driven { count, elapsed, cpu, lost: talk.missing() })
}

fn turn_until(
    crowd: &mut Crowd,
    talk: &mut impl Talk,
    heard: &mut Vec<Heard>,
    time: Duration,
) -> Result<()> {
    let end = now() + time;
    while now() < end {
        turn(crowd, talk, heard, true)?;
    }
    Ok(())
}

fn turn(
    crowd: &mut Crowd,
    talk: &mut impl Talk,
    heard: &mut Vec<Heard>,
    goes_on: bool,
) -> Result<()> {
    crowd.listen(heard, Duration::from_millis(10))?;
    for one in heard.iter() {
        talk.heard(crowd, one, goes_on)?;
    }
    Ok(())
}

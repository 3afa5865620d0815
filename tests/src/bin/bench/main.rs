//! What Salon costs: time and allocations of one event, and how long a revocation takes.
//!
//! It prints figures and judges none: time depends on the machine, allocations do not.

mod event;
mod revocation;

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use salon_tests::Result;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
pub(crate) static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<()> {
    let mut counts = std::env::args().skip(1).map(|count| {
        count.parse().map_err(|_| format!("{count:?} is not a number; try: bench 200000 1000"))
    });
    let events = counts.next().unwrap_or(Ok(200_000))?;
    let revocations = counts.next().unwrap_or(Ok(1_000))?;
    if events > 0 {
        event::run(events)?;
    }
    revocation::run(revocations)
}

/// Times `work`, after a tenth of it to warm up.
pub(crate) fn measure(what: &str, events: u32, mut work: impl FnMut()) {
    for _ in 0..events / 10 {
        work();
    }
    let region = Region::new(ALLOCATOR);
    let started = now();
    for _ in 0..events {
        work();
    }
    report(what, events, started.elapsed(), &region);
}

pub(crate) fn report(what: &str, events: u32, elapsed: Duration, region: &Region<'_, System>) {
    let change = region.change();
    let per_event = |count: usize| count as f64 / f64::from(events);
    println!(
        "{what:<44} {:>10.0} {:>14.2} {:>12.0}",
        elapsed.as_nanos() as f64 / f64::from(events),
        per_event(change.allocations + change.reallocations),
        per_event(change.bytes_allocated),
    );
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

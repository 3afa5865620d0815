//! Time and allocations of one step in this process.
//!
//! It must never judge: time depends on the machine.

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
pub(crate) static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

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

/// Prints one row: time, allocations and bytes of one event.
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

/// The machine's own time.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

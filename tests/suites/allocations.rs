//! What one event may allocate on each step of its way. Counts are exact where time is not: a step
//! that allocates once more fails here.
//!
//! It must never count in a test of its own: the counter is the process's, so all is one test.

use std::alloc::System;

use salon_tests::{Result, steps};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const EVENTS: u32 = 200;

/// How often each step may allocate per event: what it does today. Less is welcome, and is written
/// down here; more needs a reason.
const LIMITS: &[(&str, usize)] = &[
    // A frame is a window into what was read, and a packet into its frame.
    ("frame: bytes → message", 0),
    ("packet: message → packet", 0),
    // The text of the event, which owns it.
    ("event: arguments → struct", 1),
    // The JSON, of the right size at once.
    ("event: struct → arguments", 1),
    // The text of the packet, of the right size at once.
    ("packet: packet → message", 1),
    ("frame: message → bytes", 0),
    // The three above that allocate, and what was read and what is written.
    ("session: socket → handler → socket", 6),
    // A grant that is kept costs nothing.
    ("the same, with a permission", 6),
    // The guard's future.
    ("the same, with a guard", 7),
    // One frame for all, and the message that brings the event to its room.
    ("room: socket → handler → 8 sockets", 8),
    // A third are actix-web's, for a request; the rest is what a connection and its session are made
    // of, and their end.
    ("reconnection: request → session → end", 88),
];

/// How many bytes may be left of a connection that was cut off, until its next ping would be due: its
/// place among those that are pinged.
const LEFT: usize = 400;

#[test]
fn no_step_allocates_more_than_its_limit_and_who_is_cut_off_leaves_next_to_nothing() -> Result<()> {
    let mut over = Vec::new();
    for make in steps::ALL {
        let mut step = make(1)?;
        // Buffers that are kept grow to their size.
        step.take(EVENTS)?;
        let counted = fewest(&mut step)?;
        println!("{:<44} {counted}", step.name());
        let limit = LIMITS.iter().find(|(name, _)| *name == step.name());
        let (_, limit) = limit.ok_or_else(|| format!("{} has no limit here", step.name()))?;
        if counted > *limit {
            over.push(format!("{}: {counted} allocations, and {limit} are allowed", step.name()));
        }
        let left = least_left(&mut step)?;
        if left > LEFT {
            over.push(format!("{}: {left} bytes are left, and {LEFT} are allowed", step.name()));
        }
    }
    assert!(over.is_empty(), "allocations of one event:\n{}", over.join("\n"));
    Ok(())
}

/// The fewest that one event took: a timer or the test's own output may fall into a round, but not
/// into all.
fn fewest(step: &mut steps::Step) -> Result<usize> {
    least(step, |change| (change.allocations + change.reallocations).div_ceil(EVENTS as usize))
}

/// The least that one event left behind: what is kept for many may grow in a round.
fn least_left(step: &mut steps::Step) -> Result<usize> {
    let left = |change: Stats| change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    least(step, |change| left(change) / EVENTS as usize)
}

/// The least of several rounds.
fn least(step: &mut steps::Step, each: impl Fn(Stats) -> usize) -> Result<usize> {
    let mut least = usize::MAX;
    for _ in 0..5 {
        let region = Region::new(ALLOCATOR);
        step.take(EVENTS)?;
        least = least.min(each(region.change()));
    }
    Ok(least)
}

//! One event: time and allocations of each step of its way.
//!
//! It must never judge: the suite `allocations` does, and time depends on the machine.

use salon_tests::{Result, steps};
use stats_alloc::Region;

use crate::measure::{ALLOCATOR, now};

/// How many events are under way at a time in the steps through a server.
const UNDER_WAY: u32 = 64;

/// What one event costs on one step.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) step: &'static str,
    pub(crate) nanoseconds: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// Prints what each step costs.
pub(crate) fn run(events: u32) -> Result<()> {
    println!("{events} events of 64 bytes of text and a number");
    println!("{:<44} {:>10} {:>14} {:>12}", "one event", "ns", "allocations", "bytes");
    for make in steps::ALL {
        let Cost { step, nanoseconds, allocations, bytes } = cost(make, events, UNDER_WAY)?;
        println!("{step:<44} {nanoseconds:>10.0} {allocations:>14.2} {bytes:>12.0}");
    }
    Ok(())
}

/// Counts one step, with so many events under way at a time.
pub(crate) fn cost(make: steps::Make, events: u32, under_way: u32) -> Result<Cost> {
    let mut step = make(under_way)?;
    step.take(events.div_ceil(10))?;
    let events = events.next_multiple_of(under_way);
    let region = Region::new(ALLOCATOR);
    let began = now();
    step.take(events)?;
    let (elapsed, change) = (began.elapsed(), region.change());
    let each = |count: usize| count as f64 / f64::from(events);
    Ok(Cost {
        step: step.name(),
        nanoseconds: elapsed.as_nanos() as f64 / f64::from(events),
        allocations: each(change.allocations + change.reallocations),
        bytes: each(change.bytes_allocated),
    })
}

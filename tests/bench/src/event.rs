//! One event: time and allocations of each step of its way.
//!
//! It must never judge: the suite `allocations` does, and time depends on the machine.

use salon_tests::{Result, steps};
use stats_alloc::Region;

use crate::measure::{ALLOCATOR, now};

/// How many events are under way at a time in the steps through a server.
const UNDER_WAY: u32 = 64;

/// Prints what each step costs.
pub(crate) fn run(events: u32) -> Result<()> {
    println!("{events} events of 64 bytes of text and a number");
    println!("{:<44} {:>10} {:>14} {:>12}", "one event", "ns", "allocations", "bytes");
    for make in steps::ALL {
        let mut step = make(UNDER_WAY)?;
        step.take(events.div_ceil(10))?;
        let events = events.next_multiple_of(UNDER_WAY);
        let region = Region::new(ALLOCATOR);
        let began = now();
        step.take(events)?;
        let (elapsed, change) = (began.elapsed(), region.change());
        let each = |count: usize| count as f64 / f64::from(events);
        println!(
            "{:<44} {:>10.0} {:>14.2} {:>12.0}",
            step.name(),
            elapsed.as_nanos() as f64 / f64::from(events),
            each(change.allocations + change.reallocations),
            each(change.bytes_allocated),
        );
    }
    Ok(())
}

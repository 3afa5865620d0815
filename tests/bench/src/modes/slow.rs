//! One of ten members of a room stops reading: what the server keeps for it, and what the others
//! notice. Messages are of 1,024 bytes here, since the kernel's buffers take the first megabytes.
//!
//! It must never count the reader that stopped: a server may drop its messages, or close it.

use std::time::Duration;

use salon_tests::Result;

use super::{Extent, Latencies, Outcome, figure, rooms::join};
use crate::{
    load::{Crowd, Heard, Pace, frames},
    measure::now,
    server::Server,
};

const PER_SECOND: u32 = 5_000;
const PAYLOAD: usize = 1024;
const STOPPED: usize = 9;

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    let mut crowd = Crowd::gather(server.address(), server.dialect(), STOPPED + 1)?;
    join(&mut crowd, |_| 0)?;
    speak(&mut crowd, STOPPED + 1, extent.warm_up)?;
    let (without, lost_before) = speak(&mut crowd, STOPPED + 1, 2 * extent.time)?;
    server.forget_peak()?;
    let before = server.memory()?;
    crowd.stop(STOPPED)?;
    let (with, lost_after) = speak(&mut crowd, STOPPED, 2 * extent.time)?;
    let growth = server.peak()?.saturating_sub(before) as f64 / 1024.0;
    let lost = lost_before + lost_after;
    let mut figures = vec![figure("growth", "KiB", growth)];
    // Which message was heard is known by its number, which holds only if none was lost.
    if lost == 0 {
        figures.extend([
            figure("the others' p99 latency without", "µs", without.at(0.99)),
            figure("the others' p99 latency with it", "µs", with.at(0.99)),
        ]);
    }
    Ok(Outcome { lost, figures })
}

/// Client 0 speaks to clients 1 to `members`, at its pace; latencies, and what did not arrive.
fn speak(crowd: &mut Crowd, members: usize, time: Duration) -> Result<(Latencies, u64)> {
    let frame = crowd.dialect().publish(0, &frames::payload(PAYLOAD));
    let (mut latencies, mut heard) = (Latencies::new()?, Vec::<Heard>::new());
    // Each hears all messages in order: the n-th that a member hears is the n-th that was said.
    let mut counts = vec![0; members];
    let mut pace = Pace::new(PER_SECOND);
    let end = now() + time;
    let deadline = end + Duration::from_secs(5);
    loop {
        let time = now();
        let goes_on = time < end;
        while let Some(_due) = goes_on.then(|| pace.due(time)).flatten() {
            crowd.send(0, &frame)?;
        }
        crowd.listen(&mut heard, Duration::ZERO)?;
        for one in heard.iter().filter(|one| one.client < members) {
            for _ in 0..one.events {
                latencies.record(one.at - pace.at(counts[one.client]));
                counts[one.client] += 1;
            }
        }
        let missing = counts[1..].iter().map(|count| pace.said() - count).sum();
        if !goes_on && (missing == 0 || now() > deadline) {
            return Ok((latencies, missing));
        }
    }
}

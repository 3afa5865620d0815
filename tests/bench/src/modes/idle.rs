//! Connections that say nothing: their memory, and what their heartbeat costs.
//!
//! It must never count what accepting them cost.

use procfs::Current as _;
use salon_tests::Result;

use super::{Extent, Outcome, figure};
use crate::{load::Crowd, machine::Machine, measure::now, server::Server};

use std::time::Duration;

pub(super) fn run(server: &Server, machine: &Machine, extent: &Extent) -> Result<Outcome> {
    let connections = machine.connections(extent.connections);
    let mut crowd = Crowd::new(server.address(), server.dialect())?;
    // What the first connections make a server set up is not theirs.
    crowd.connect(connections / 100)?;
    let (before, kernel_before) = (server.memory()?, kernel_memory()?);
    let more = connections - connections / 100;
    crowd.connect(more)?;
    listen_for(&mut crowd, Duration::from_secs(1))?;
    let resident = server.memory()?.saturating_sub(before);
    let kernel = kernel_memory()? - kernel_before;
    let (cpu, began) = (server.cpu()?, now());
    listen_for(&mut crowd, extent.rest)?;
    let (cpu, elapsed) = (server.cpu()? - cpu, began.elapsed());
    Ok(Outcome {
        lost: 0,
        figures: vec![
            figure("memory per connection", "bytes", resident as f64 / more as f64),
            // Each has two ends here, which are alike.
            figure("the kernel's memory per socket", "bytes", kernel / 2.0 / more as f64),
            figure(
                "CPU at rest of 10,000 connections",
                "ms/s",
                cpu.as_secs_f64() * 1e3 / elapsed.as_secs_f64() * 1e4 / connections as f64,
            ),
        ],
    })
}

/// What the kernel has allocated and cannot give back, in bytes: of the whole machine, so that
/// whatever else runs on it is in the difference of two.
fn kernel_memory() -> Result<f64> {
    let unreclaimable = procfs::Meminfo::current()?.s_unreclaim;
    Ok(unreclaimable.ok_or("the kernel does not tell its memory")? as f64)
}

/// Answers pings for a time.
pub(super) fn listen_for(crowd: &mut Crowd, time: Duration) -> Result<()> {
    let (end, mut heard) = (now() + time, Vec::new());
    while now() < end {
        crowd.listen(&mut heard, Duration::from_millis(50))?;
    }
    Ok(())
}

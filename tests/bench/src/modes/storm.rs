//! Everyone is cut off at once, and comes back at once.
//!
//! It must never leave the server time between the two.

use std::time::Duration;

use salon_tests::Result;

use super::{Extent, Outcome, figure, idle::listen_for};
use crate::{load::Crowd, machine::Machine, measure::now, server::Server};

pub(super) fn run(server: &Server, machine: &Machine, extent: &Extent) -> Result<Outcome> {
    let connections = machine.connections(extent.connections);
    let mut crowd = Crowd::gather(server.address(), server.dialect(), connections)?;
    listen_for(&mut crowd, Duration::from_secs(1))?;
    let steady = server.memory()?;
    server.forget_peak()?;
    let (cpu, began) = (server.cpu()?, now());
    crowd.cut()?;
    crowd.connect(connections)?;
    let back = began.elapsed();
    // What is left of the old connections is cleared away.
    listen_for(&mut crowd, Duration::from_secs(1))?;
    let cpu = server.cpu()? - cpu;
    Ok(Outcome {
        lost: 0,
        figures: vec![
            figure("CPU per reconnection", "µs", cpu.as_secs_f64() * 1e6 / connections as f64),
            figure("peak memory to steady memory", "×", server.peak()? as f64 / steady as f64),
            figure("all are back after", "ms", back.as_secs_f64() * 1e3),
        ],
    })
}

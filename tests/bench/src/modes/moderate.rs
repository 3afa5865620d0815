//! 1,000 clients echo at a fixed rate, 10,000 messages a second together, and latency counts from
//! when each was due.
//!
//! It must never slow down because answers are late.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use salon_tests::Result;

use super::{Extent, Latencies, Outcome, PAYLOAD, figure};
use crate::{
    load::{Crowd, Heard, Pace, frames},
    measure::now,
    server::Server,
};

const CLIENTS: usize = 1000;
const PER_SECOND: u32 = 10_000;

struct Echoes {
    crowd: Crowd,
    frame: Vec<u8>,
    pace: Pace,
    /// When what each client waits for was due.
    waiting: Vec<VecDeque<Instant>>,
    heard: Vec<Heard>,
    acknowledged: u64,
    latencies: Latencies,
}

impl Echoes {
    fn go_on_until(&mut self, end: Instant) -> Result<()> {
        loop {
            let time = now();
            if time >= end {
                return Ok(());
            }
            while let Some((number, at)) = self.pace.due(time) {
                let client = number as usize % CLIENTS;
                self.waiting[client].push_back(at);
                self.crowd.send(client, &self.frame)?;
            }
            self.listen(Duration::ZERO)?;
        }
    }

    fn listen(&mut self, wait: Duration) -> Result<()> {
        self.crowd.listen(&mut self.heard, wait)?;
        for one in &self.heard {
            for _ in 0..one.acknowledgements {
                self.acknowledged += 1;
                let due = self.waiting[one.client].pop_front();
                self.latencies.record(one.at - due.unwrap_or(one.at));
            }
        }
        Ok(())
    }
}

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    let mut echoes = Echoes {
        crowd: Crowd::gather(server.address(), server.dialect(), CLIENTS)?,
        frame: server.dialect().echo(&frames::payload(PAYLOAD)),
        pace: Pace::new(PER_SECOND),
        waiting: vec![VecDeque::with_capacity(64); CLIENTS],
        heard: Vec::with_capacity(CLIENTS),
        acknowledged: 0,
        latencies: Latencies::new()?,
    };
    echoes.go_on_until(now() + extent.warm_up)?;
    echoes.latencies.clear();
    let (cpu, before) = (server.cpu()?, echoes.acknowledged);
    echoes.go_on_until(now() + 2 * extent.time)?;
    let cpu = server.cpu()? - cpu;
    let messages = (echoes.acknowledged - before).max(1);
    let deadline = now() + Duration::from_secs(5);
    while echoes.acknowledged < echoes.pace.said() && now() < deadline {
        echoes.listen(Duration::from_millis(10))?;
    }
    Ok(Outcome {
        lost: echoes.pace.said() - echoes.acknowledged,
        figures: vec![
            figure("median latency", "µs", echoes.latencies.at(0.5)),
            figure("p99 latency", "µs", echoes.latencies.at(0.99)),
            figure("p99.9 latency", "µs", echoes.latencies.at(0.999)),
            figure("CPU per message", "µs", cpu.as_secs_f64() * 1e6 / messages as f64),
        ],
    })
}

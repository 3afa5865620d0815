//! Everyone sends an `echo` and, once it is acknowledged, the next.
//!
//! It must never have more than one message of a client under way.

use std::time::Instant;

use salon_tests::Result;

use super::{Extent, Latencies, Outcome, PAYLOAD, figure};
use crate::{
    load::{Crowd, Heard, Talk, drive, frames},
    measure::now,
    server::Server,
};

struct Echo {
    frame: Vec<u8>,
    /// When each client has sent what it waits for.
    sent: Vec<Instant>,
    said: u64,
    acknowledged: u64,
    latencies: Latencies,
}

impl Talk for Echo {
    fn begin(&mut self, crowd: &mut Crowd) -> Result<()> {
        for client in 0..crowd.len() {
            self.sent.push(now());
            self.said += 1;
            crowd.send(client, &self.frame)?;
        }
        Ok(())
    }

    fn heard(&mut self, crowd: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()> {
        self.acknowledged += heard.acknowledgements;
        self.latencies.record(heard.at - self.sent[heard.client]);
        if goes_on {
            self.said += 1;
            self.sent[heard.client] = now();
            crowd.send(heard.client, &self.frame)?;
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.acknowledged
    }

    fn missing(&self) -> u64 {
        self.said - self.acknowledged
    }

    fn measured_from_now(&mut self) {
        self.latencies.clear();
    }
}

pub(super) fn run(server: &Server, extent: &Extent, clients: usize) -> Result<Outcome> {
    let mut crowd = Crowd::gather(server.address(), server.dialect(), clients)?;
    let mut talk = Echo {
        frame: server.dialect().echo(&frames::payload(PAYLOAD)),
        sent: Vec::with_capacity(clients),
        said: 0,
        acknowledged: 0,
        latencies: Latencies::new()?,
    };
    let driven = drive(&mut crowd, &mut talk, server, extent)?;
    Ok(Outcome {
        lost: driven.lost,
        figures: vec![
            figure("CPU per message", "µs", driven.cpu_per_message()),
            figure("median latency at full load", "µs", talk.latencies.at(0.5)),
            figure("p99 latency at full load", "µs", talk.latencies.at(0.99)),
            figure("messages per second (more is better)", "/s", driven.per_second()),
        ],
    })
}

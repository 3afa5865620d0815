//! 200 clients join a room of 8 and leave it, again and again.
//!
//! It must never join before the leave is acknowledged.

use salon_tests::Result;

use super::{Extent, Outcome, figure};
use crate::{
    load::{Crowd, Heard, Talk, drive},
    server::Server,
};

const CLIENTS: usize = 200;
const SIZE: usize = 8;

struct Churn {
    /// For each room, a join and a leave.
    frames: Vec<[Vec<u8>; 2]>,
    steps: Vec<usize>,
    said: u64,
    acknowledged: u64,
}

impl Churn {
    fn step(&mut self, crowd: &mut Crowd, client: usize) -> Result<()> {
        let step = self.steps[client];
        self.steps[client] += 1;
        self.said += 1;
        crowd.send(client, &self.frames[client / SIZE][step % 2])
    }
}

impl Talk for Churn {
    fn begin(&mut self, crowd: &mut Crowd) -> Result<()> {
        (0..CLIENTS).try_for_each(|client| self.step(crowd, client))
    }

    fn heard(&mut self, crowd: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()> {
        self.acknowledged += heard.acknowledgements;
        if goes_on && heard.acknowledgements > 0 {
            self.step(crowd, heard.client)?;
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.acknowledged / 2
    }

    fn missing(&self) -> u64 {
        self.said - self.acknowledged
    }
}

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    let dialect = server.dialect();
    let mut crowd = Crowd::gather(server.address(), dialect, CLIENTS)?;
    let mut talk = Churn {
        frames: (0..CLIENTS / SIZE).map(|room| [dialect.join(room), dialect.leave(room)]).collect(),
        steps: vec![0; CLIENTS],
        said: 0,
        acknowledged: 0,
    };
    let driven = drive(&mut crowd, &mut talk, server, extent)?;
    Ok(Outcome {
        lost: driven.lost,
        figures: vec![figure("CPU per join and leave", "µs", driven.cpu_per_message())],
    })
}

//! 1,000 members in rooms of 8: each speaks, and speaks again when it has heard the 7 others once
//! more.
//!
//! It must never let one member run ahead of its room by more than the room allows.

use std::time::Duration;

use salon_tests::Result;

use super::{Extent, Outcome, PAYLOAD, deliveries, figure};
use crate::{
    load::{Crowd, Dialect, Heard, Talk, drive, frames},
    measure::now,
    server::Server,
};

const MEMBERS: usize = 1000;
const SIZE: usize = 8;

struct Rooms {
    frames: Vec<Vec<u8>>,
    /// What each member has heard and said.
    heard: Vec<u64>,
    said: Vec<u64>,
    deliveries: u64,
    /// What has come to all of them, in bytes.
    bytes: u64,
    due: u64,
}

impl Rooms {
    fn speak(&mut self, crowd: &mut Crowd, member: usize) -> Result<()> {
        self.said[member] += 1;
        self.due += SIZE as u64 - 1;
        crowd.send(member, &self.frames[member / SIZE])
    }
}

impl Talk for Rooms {
    fn begin(&mut self, crowd: &mut Crowd) -> Result<()> {
        (0..MEMBERS).try_for_each(|member| self.speak(crowd, member))
    }

    fn heard(&mut self, crowd: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()> {
        let member = heard.client;
        self.deliveries += heard.events;
        self.bytes += heard.bytes;
        self.heard[member] += heard.events;
        while goes_on && self.heard[member] >= self.said[member] * (SIZE as u64 - 1) {
            self.speak(crowd, member)?;
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.deliveries
    }

    fn missing(&self) -> u64 {
        self.due.abs_diff(self.deliveries)
    }
}

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    talk(Crowd::new(server.address(), server.dialect())?, server, extent)
}

/// The same, and each says with its handshake which room it is to be near.
pub(super) fn run_at_home(server: &Server, extent: &Extent) -> Result<Outcome> {
    let near = |dialect: Dialect, client| dialect.upgrade_near(client / SIZE);
    talk(Crowd::with(server.address(), server.dialect(), near)?, server, extent)
}

fn talk(mut crowd: Crowd, server: &Server, extent: &Extent) -> Result<Outcome> {
    crowd.connect(MEMBERS)?;
    join(&mut crowd, |client| client / SIZE)?;
    let payload = frames::payload(PAYLOAD);
    let mut talk = Rooms {
        frames: (0..MEMBERS / SIZE).map(|room| server.dialect().publish(room, &payload)).collect(),
        heard: vec![0; MEMBERS],
        said: vec![0; MEMBERS],
        deliveries: 0,
        bytes: 0,
        due: 0,
    };
    let driven = drive(&mut crowd, &mut talk, server, extent)?;
    let mut outcome = deliveries(&driven);
    let bytes = talk.bytes as f64 / talk.deliveries.max(1) as f64;
    outcome.figures.push(figure("bytes per delivery", "bytes", bytes));
    Ok(outcome)
}

/// Everyone joins a room, and has been told so.
pub(super) fn join(crowd: &mut Crowd, room: impl Fn(usize) -> usize) -> Result<()> {
    for number in 0..crowd.len() {
        // Clients are on workers in turn, and a room is on that of its first member: with two
        // workers, one would have all rooms if the same member came first in each.
        let client = if room(number) % 2 == 1 { number ^ 1 } else { number };
        crowd.send(client, &crowd.dialect().join(room(client)))?;
    }
    let (mut missing, mut heard) = (crowd.len() as u64, Vec::new());
    let deadline = now() + Duration::from_secs(20);
    while missing > 0 {
        crowd.listen(&mut heard, Duration::from_millis(100))?;
        missing -= heard.iter().map(|one| one.acknowledgements).sum::<u64>();
        if now() > deadline {
            return Err(format!("{missing} joins were not acknowledged").into());
        }
    }
    Ok(())
}

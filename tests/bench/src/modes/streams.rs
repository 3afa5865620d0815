//! One speaks to 1,000 who listen by streams of events, and speaks again when all of them have heard it.
//!
//! It must never have two messages under way: they would share writes.

use std::time::Duration;

use salon_tests::Result;

use super::{Extent, Outcome, PAYLOAD, deliveries, figure, idle::listen_for, rooms::join};
use crate::{
    load::{Crowd, Dialect, Heard, Talk, drive, frames},
    server::Server,
};

const LISTENERS: usize = 1000;

struct Streams {
    speaker: Crowd,
    frame: Vec<u8>,
    said: u64,
    delivered: u64,
    /// What has come to all of them, in bytes.
    bytes: u64,
}

impl Streams {
    fn speak(&mut self) -> Result<()> {
        self.said += LISTENERS as u64;
        // Its pings are answered meanwhile.
        self.speaker.listen(&mut Vec::new(), Duration::ZERO)?;
        self.speaker.send(0, &self.frame)
    }
}

impl Talk for Streams {
    fn begin(&mut self, _: &mut Crowd) -> Result<()> {
        self.speak()
    }

    fn heard(&mut self, _: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()> {
        self.delivered += heard.events;
        self.bytes += heard.bytes;
        if goes_on && self.missing() == 0 {
            self.speak()?;
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.delivered
    }

    fn missing(&self) -> u64 {
        self.said.abs_diff(self.delivered)
    }
}

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    let mut speaker = Crowd::gather(server.address(), server.dialect(), 1)?;
    join(&mut speaker, |_| 0)?;
    let mut crowd = Crowd::gather(server.address(), Dialect::Stream, LISTENERS)?;
    // Whoever is welcome has joined a little later.
    listen_for(&mut crowd, Duration::from_secs(1))?;
    let frame = server.dialect().publish(0, &frames::payload(PAYLOAD));
    let mut talk = Streams { speaker, frame, said: 0, delivered: 0, bytes: 0 };
    let driven = drive(&mut crowd, &mut talk, server, extent)?;
    let mut outcome = deliveries(&driven);
    let bytes = talk.bytes as f64 / talk.delivered.max(1) as f64;
    outcome.figures.push(figure("bytes per delivery", "bytes", bytes));
    Ok(outcome)
}

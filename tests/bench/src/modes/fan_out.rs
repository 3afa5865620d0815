//! One member of a room of 1,000 speaks, and speaks again when all others have heard it.
//!
//! It must never have two messages under way: they would share writes.

use salon_tests::Result;

use super::{Extent, Outcome, PAYLOAD, deliveries, rooms::join};
use crate::{
    load::{Crowd, Heard, Talk, drive, frames},
    server::Server,
};

const MEMBERS: usize = 1000;

struct FanOut {
    frame: Vec<u8>,
    said: u64,
    delivered: u64,
}

impl FanOut {
    fn speak(&mut self, crowd: &mut Crowd) -> Result<()> {
        self.said += MEMBERS as u64 - 1;
        crowd.send(0, &self.frame)
    }
}

impl Talk for FanOut {
    fn begin(&mut self, crowd: &mut Crowd) -> Result<()> {
        self.speak(crowd)
    }

    fn heard(&mut self, crowd: &mut Crowd, heard: &Heard, goes_on: bool) -> Result<()> {
        self.delivered += heard.events;
        if goes_on && self.missing() == 0 {
            self.speak(crowd)?;
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
    let mut crowd = Crowd::gather(server.address(), server.dialect(), MEMBERS)?;
    join(&mut crowd, |_| 0)?;
    let frame = server.dialect().publish(0, &frames::payload(PAYLOAD));
    let mut talk = FanOut { frame, said: 0, delivered: 0 };
    let driven = drive(&mut crowd, &mut talk, server, extent)?;
    Ok(deliveries(&driven))
}

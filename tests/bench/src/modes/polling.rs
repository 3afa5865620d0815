//! Echo over long polling: 100 clients, each a POST and the GET that brings the acknowledgement.
//!
//! It must never be read beside the other modes: it is two requests, not one frame.

use salon_tests::Result;

use super::{Extent, Outcome, PAYLOAD, figure};
use crate::{
    load::{PollingCrowd, frames},
    server::Server,
};

const CLIENTS: usize = 100;

pub(super) fn run(server: &Server, extent: &Extent) -> Result<Outcome> {
    let mut crowd = PollingCrowd::new(server.address(), CLIENTS, &frames::payload(PAYLOAD))?;
    let driven = crowd.echo(server, extent)?;
    Ok(Outcome {
        lost: driven.lost,
        figures: vec![figure("CPU per echo", "µs", driven.cpu_per_message())],
    })
}

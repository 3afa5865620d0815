//! The load generator: many clients on one thread and one epoll set.
//!
//! It must never wait for one client while another could be served, and never allocate per message.

mod crowd;
mod dialect;
pub(crate) mod frames;
mod pace;
mod polling;
mod scanner;
mod talk;

pub(crate) use crowd::{Crowd, Heard};
pub(crate) use dialect::Dialect;
pub(crate) use pace::Pace;
pub(crate) use polling::PollingCrowd;
pub(crate) use talk::{Driven, Talk, drive};

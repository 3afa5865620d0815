//! One actor per worker that watches over its connections.
//!
//! It must never rely on a mailbox or a write making progress: it looks at what was recorded, and
//! ends what gave no sign of life.

mod heartbeat;
mod lapses;

pub(crate) use heartbeat::Supervisor;
pub(crate) use lapses::supervise;

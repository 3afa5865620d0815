//! The lists of rooms, and who watches them.
//!
//! It must never wait for a watcher: who is slow sees what is there then.

mod registry;
mod watch;

pub use self::watch::{Changes, Watch, Watching};

pub(crate) use self::watch::{begin_watching, next_changes};

pub(super) use self::registry::{Line, Moment, Registry};

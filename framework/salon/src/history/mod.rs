//! What a room keeps of what it has published, for whoever was away or cannot take it now.
//!
//! It must never know a member, a session's handle or a transport: it hands out what it keeps, by numbers.

mod log;
mod past;
mod setting;
mod total;
mod unacknowledged;

pub use self::setting::{History, Past};

pub(crate) use self::{
    log::{LeftOut, Overdue, Restored, RoomLog},
    past::{KnownSince, MOST_KNOWN},
    total::HistoryTotal,
    unacknowledged::Patience,
};

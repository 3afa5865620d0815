//! What everything stands on: time, chance, numbers, limits, and what keeps the application's code from
//! harming others.
//!
//! Nothing here may know an event, a client or a room.

pub(crate) mod allowance;
pub(crate) mod bucket;
pub(crate) mod bye;
pub(crate) mod clock;
pub mod config;
pub(crate) mod contained;
pub(crate) mod data;
pub(crate) mod deadlines;
pub(crate) mod disconnect;
pub(crate) mod in_flight;
pub(crate) mod meter;
pub(crate) mod number;
pub(crate) mod random;
pub(crate) mod room_id;
pub(crate) mod simulation;
pub(crate) mod slack;
pub(crate) mod slots;
pub(crate) mod sync;
pub(crate) mod threads;
pub(crate) mod timers;
pub(crate) mod turn;

pub(crate) use salon_contract::{excerpt, logged, refusal, refusals};

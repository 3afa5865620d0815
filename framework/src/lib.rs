//! Salon.

pub mod clock;
pub mod config;

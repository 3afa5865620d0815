//! The harness itself.
mod first;

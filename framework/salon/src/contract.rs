//! The contract of an app: every event that its clients can send or get, as a document, and what is
//! generated from it for those who write the other side.
//!
//! It must never be read to decide anything while an app runs: what is checked there is in the types.

pub use salon_contract::document::*;

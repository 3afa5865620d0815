//! The contract of an app: that it says of every event what is so, and that a lab finds where it does not.

mod document;
mod hashes;
mod lies;
mod page;

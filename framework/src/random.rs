//! The only place where chance comes from: the operating system, or the harness's seed.
//!
//! It must never be predictable outside of the harness: session ids are secrets.

use crate::simulation;

/// Fills `bytes` from the operating system's generator.
///
/// # Errors
/// When the operating system has none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    if simulation::fill_random(bytes) { Ok(()) } else { getrandom::fill(bytes) }
}

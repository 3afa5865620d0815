//! Which seed a lab has: what the environment says, else the test, else the loop around it.
//!
//! It must never guess: a seed that cannot be read fails the test, so that no other one is run
//! in its place.

use std::cell::Cell;

/// Where a run is asked to use one seed alone.
const VARIABLE: &str = "SALON_SEED";

thread_local! {
    /// The seed of labs that are given none.
    static DEFAULT: Cell<u64> = const { Cell::new(0) };
}

/// The seed of a lab on this thread that was given this one, or none.
///
/// # Panics
/// When the environment variable `SALON_SEED` is set and is no number.
pub(super) fn choose(given: Option<u64>) -> u64 {
    of_environment().or(given).unwrap_or_else(|| DEFAULT.get())
}

/// The seed that the environment asks for, if it does.
///
/// # Panics
/// When it is no number.
pub(super) fn of_environment() -> Option<u64> {
    let seed = std::env::var_os(VARIABLE)?;
    let number = seed.to_str().and_then(|seed| seed.parse().ok());
    Some(
        number.unwrap_or_else(|| panic!("{VARIABLE} is {seed:?}, and not a number up to 2^64 - 1")),
    )
}

/// Labs on this thread that are given no seed have this one, while it lives.
pub(super) struct DefaultSeed {
    before: u64,
}

impl DefaultSeed {
    /// Sets the default.
    pub(super) fn set(seed: u64) -> Self {
        Self { before: DEFAULT.replace(seed) }
    }
}

impl Drop for DefaultSeed {
    fn drop(&mut self) {
        DEFAULT.set(self.before);
    }
}

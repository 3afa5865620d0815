//! Rights, while something is read again.

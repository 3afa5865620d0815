//! The derive of the `salon` crate.

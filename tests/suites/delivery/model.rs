//! Random histories against a list.

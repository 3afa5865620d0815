//! Who is let in, and who may do what: tokens, permissions, guards, and the order of all checks.
//!
//! It must never sleep, nor wait for time: the tests run in a lab, whose clock they move themselves.
//! Those in modules called `over_real_sockets` run there as well.

mod build;
mod clerk;
mod grants;
mod guards;
mod heard;
mod library;
mod payload;
mod precedence;
mod shown;
mod tokens;
mod waiting;

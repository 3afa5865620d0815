//! What is handled once: an event with a key that comes again is answered as when it came first.
//!
//! It promises that within a window, and for so many answers: nowhere more. It must never know who
//! handles an event: whoever does asks first, and says then what it was answered.

mod kept;
mod keyed;
#[expect(clippy::module_inception, reason = "the noun of the folder")]
mod once;
mod who;

pub(crate) use self::{
    kept::{Answered, Bounds, First, Of, is_lasting},
    keyed::{Keyed, MayBeKeyed},
    once::{Begun, Once, Run, gone},
    who::{Id, Who},
};

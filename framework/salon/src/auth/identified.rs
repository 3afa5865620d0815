//! What clients of a namespace are known as, as a type, so that all that is put into one agrees.
//!
//! It must never be there at run time.

use std::marker::PhantomData;

/// Nothing has been said yet of who clients are, and nothing depends on it: the first parameter of a
/// [`Namespace`](crate::app::Namespace) as it begins.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no value of it")]
pub enum Unidentified {}

/// Clients are known as `I`: the first parameter of a [`Namespace`](crate::app::Namespace) with an
/// [`Authenticator`](super::Authenticator) that yields it, or, for `()`, with a session, a room or an
/// authority and no authenticator.
#[derive(Debug)]
pub struct Identified<I>(PhantomData<fn() -> I>);

/// [`Unidentified`] or [`Identified`]. It is not for others to implement.
pub trait WhoIs: sealed::Sealed {
    /// What sessions, rooms, guards and authorities see of a client.
    type Identity: Send + Sync + 'static;
}

impl WhoIs for Unidentified {
    type Identity = ();
}

impl<I: Send + Sync + 'static> WhoIs for Identified<I> {
    type Identity = I;
}

/// Where it may still be said who clients are.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "who the clients of this namespace are is decided already",
    label = "too late: it has an authenticator, or something that sees the identity `()`",
    note = "call `.authenticate(…)` once, and before `.session`, `.room` and `.authority`"
)]
pub trait Undecided: WhoIs {}

impl Undecided for Unidentified {}

/// What is the same type as `I`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the identity `{Self}` is wanted in a namespace whose clients are `{I}`",
    label = "its `Identity` is `{Self}`, and clients of this namespace are `{I}`",
    note = "let its `Identity` be `{I}` (in an attribute, `identity = {I}`), or give the namespace an \
            authenticator that yields `{Self}`, by `.authenticate(…)`, before it; without one clients are `()`"
)]
pub trait SameAs<I> {}

impl<I> SameAs<I> for I {}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Unidentified {}
    impl<I> Sealed for super::Identified<I> {}
}

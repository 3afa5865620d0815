//! The refusals of an application, as a type that knows their codes.
//!
//! It must never decide about anything: why something is refused is the handler's to say.

/// Why an application refuses, as an enum: derive it, and `?` and `.into()` make a [`Refusal`](crate::refusal::Refusal) of it.
///
/// Each variant has a code for programs and a message for people, in which its fields may stand, by
/// their names or, in a tuple, by their numbers. A variant without a message takes the enum's `Display`,
/// such as that of `thiserror`. A code is a word of small letters, digits and `_`; one of Salon's own,
/// such as `forbidden`, means what it means there. Several variants may have one code.
///
/// An event names what its handler refuses with by `refuses = Type`, so that who reads the contract knows
/// what to expect. A debug build logs a warning when it is refused with another code of the application's
/// own.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Refusals)]
/// enum NoSeat {
///     #[refusal("table_full", "All {seats} seats are taken.")]
///     Full { seats: usize },
///     #[refusal("wrong_age", "Only from {0} on.")]
///     TooYoung(u8),
///     #[refusal("not_found", "There is no such table.")]
///     NoTable,
/// }
///
/// #[derive(Deserialize, Event)]
/// #[event("sit", reply = u8, refuses = NoSeat)]
/// struct Sit { age: u8 }
///
/// #[derive(Default)]
/// struct Guest;
///
/// #[salon::session]
/// impl Guest {
///     #[on]
///     fn sit(&mut self, sit: Sit) -> Result<u8, NoSeat> {
///         if sit.age < 12 {
///             return Err(NoSeat::TooYoung(12));
///         }
///         Err(NoSeat::Full { seats: 4 })
///     }
/// }
///
/// assert_eq!(NoSeat::CODES, ["table_full", "wrong_age", "not_found"]);
/// let refusal = Refusal::from(NoSeat::Full { seats: 4 });
/// assert_eq!(refusal.to_string(), "table_full: All 4 seats are taken.");
/// assert_eq!(*Refusal::from(NoSeat::NoTable).code(), salon::Code::NotFound);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know with which codes it refuses",
    label = "no refusals",
    note = "add `#[derive(salon::Refusals)]` to the enum `{Self}`, and `#[refusal(\"code\", \"message\")]` \
            to each variant"
)]
pub trait Refusals {
    /// The codes, each once, in the order of the variants.
    const CODES: &'static [&'static str];
}

//! Every form of a refusal, under the lints of a strict crate.

#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, single_use_lifetimes)]
#![deny(elided_lifetimes_in_paths, unsafe_code, non_snake_case, clippy::all)]

use std::fmt;

use salon::{Code, Refusal, Refusals};

/// Words of its own for some, those of `Display` for others.
#[derive(Clone, Debug, Refusals)]
pub enum NoSeat<'a, T: fmt::Debug> {
    /// A field by its name, one that is not shown, and brackets.
    #[refusal("table_full", "All {seats:>2} seats of {{{table}}} are taken.")]
    Full {
        /// Shown.
        seats: usize,
        /// Shown.
        table: &'a str,
        /// Not shown.
        since: u64,
    },
    /// Fields by their numbers, and in their order.
    #[refusal("wrong_age", "{1:?} is not {0}.")]
    Age(u8, T),
    /// In order.
    #[refusal("wrong_name", "{} or {}?")]
    Name(&'a str, String),
    /// One of Salon's own codes.
    #[refusal("forbidden", "Not you.")]
    NotYou,
    /// In the words of `Display`.
    #[refusal("displayed")]
    Displayed(T),
}

impl<T: fmt::Debug> fmt::Display for NoSeat<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as it is displayed")
    }
}

fn refused(refusal: NoSeat<'_, u8>) -> Result<(), Refusal> {
    Err(refusal)?
}

fn main() {
    let refused = |refusal| refused(refusal).unwrap_err();
    let full = refused(NoSeat::Full { seats: 4, table: "oak", since: 7 });
    assert_eq!(full, Refusal::other("table_full", "All  4 seats of {oak} are taken."));
    assert_eq!(refused(NoSeat::Age(12, 11)).message(), "11 is not 12.");
    assert_eq!(refused(NoSeat::Name("Ada", "Bob".to_owned())).message(), "Ada or Bob?");
    assert_eq!(*refused(NoSeat::NotYou).code(), Code::Forbidden);
    assert_eq!(refused(NoSeat::Displayed(1)).message(), "as it is displayed");
    let codes = ["table_full", "wrong_age", "wrong_name", "forbidden", "displayed"];
    assert_eq!(NoSeat::<u8>::CODES, codes);
}

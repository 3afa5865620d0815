//! The key of an event that is handled once: a field that exists, of an event that is always delivered.
//!
//! It must leave to the compiler what only types can tell: that the field's type is one of a key.

use syn::{DeriveInput, Member};

use super::{field, given};
use crate::{
    attributes::Attributes,
    diagnostics::{Diagnostics, mistake},
};

/// The field with the key, if there is one and nothing is wrong with it.
pub(super) fn check(
    input: &DeriveInput,
    attributes: &Attributes,
    diagnostics: &mut Diagnostics,
) -> Option<Member> {
    let Attributes { once, volatile, .. } = attributes;
    if let (Some(once), Some(_)) = (once, volatile) {
        diagnostics.report(mistake(
            &once.keyword,
            "`once` and `volatile` exclude each other: what may be lost is not sent again until it is handled",
            "keep `once` if clients send the event, or `volatile` if the server does and a slow client may \
             miss it",
        ));
    }
    given(once.as_ref()).and_then(|member| diagnostics.accept(field::find(input, member)))
}

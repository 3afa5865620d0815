//! The key of an event that is handled once: a field that exists, of an event that is always delivered.
//!
//! It must leave to the compiler what only types can tell: that the field's type is one of a key.

use syn::{DeriveInput, Member};

use super::{field, given, keyword};
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
    let Attributes { once, volatile, latest, drop, .. } = attributes;
    let keywords = [keyword(volatile.as_ref()), keyword(latest.as_ref()), keyword(drop.as_ref())];
    for lossy in keywords.into_iter().flatten() {
        let Some(once) = once else { break };
        diagnostics.report(mistake(
            &once.keyword,
            format_args!(
                "`once` and `{lossy}` exclude each other: what may be lost is not sent again until it is handled"
            ),
            format_args!(
                "keep `once` if clients send the event, or `{lossy}` if the server does and a slow client may \
                 miss it"
            ),
        ));
    }
    given(once.as_ref()).and_then(|member| diagnostics.accept(field::find(input, member)))
}

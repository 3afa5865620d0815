//! What becomes of a client that has no place for an event: of one that it may miss, nothing.
//!
//! It must refuse what would never be the case.

use syn::{Ident, Result};

use super::{given, keyword};
use crate::{
    attributes::Attributes,
    diagnostics::{Diagnostics, mistake},
    suggestion::did_you_mean,
};

/// Whether it is cut off, if nothing is wrong with that.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Diagnostics) -> bool {
    let Attributes { overflow, volatile, latest, drop, .. } = attributes;
    let keywords = [keyword(volatile.as_ref()), keyword(latest.as_ref()), keyword(drop.as_ref())];
    for lossy in keywords.into_iter().flatten() {
        let Some(overflow) = overflow else { break };
        diagnostics.report(mistake(
            &overflow.keyword,
            format_args!(
                "`overflow` and `{lossy}` exclude each other: what a slow client may miss fills no outbox"
            ),
            format_args!(
                "keep `overflow` if a client that cannot take the event is to be cut off, or `{lossy}` if it \
                 may miss it"
            ),
        ));
    }
    given(overflow.as_ref()).is_some_and(|what| diagnostics.accept(is_close(what)).is_some())
}

/// There is one word: the other way is that of the room.
fn is_close(what: &Ident) -> Result<()> {
    let text = what.to_string();
    if text == "close" {
        return Ok(());
    }
    Err(mistake(
        what,
        format_args!("an overflow does not `{text}`"),
        format_args!(
            "{}write `overflow = close` to have a client cut off that cannot take the event; leave it out \
             to have it read the event later if the room has a history",
            did_you_mean(&text, &["close"])
        ),
    ))
}

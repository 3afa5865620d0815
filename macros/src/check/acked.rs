//! In how long a client acknowledges an event, or gets it once more: `"10s"`.
//!
//! It must refuse what would be missed all the same.

use std::time::Duration;

use syn::{LitStr, Result};

use super::{keyword, throttle};
use crate::{
    attributes::Attributes,
    diagnostics::{Diagnostics, mistake},
};

/// What is sooner is no time for a client that is far away.
const LEAST: Duration = Duration::from_secs(1);

/// An hour.
const MOST: Duration = Duration::from_secs(60 * 60);

/// In how long, if it is acknowledged and nothing is wrong with that.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let Attributes { acked, volatile, latest, drop, throttle, .. } = attributes;
    let option = acked.as_ref()?;
    let keywords = [
        keyword(volatile.as_ref()),
        keyword(latest.as_ref()),
        keyword(drop.as_ref()),
        keyword(throttle.as_ref()),
    ];
    for lossy in keywords.into_iter().flatten() {
        diagnostics.report(mistake(
            &option.keyword,
            format_args!(
                "`acked` and `{lossy}` exclude each other: what may be missed is not sent until it is acknowledged"
            ),
            format_args!(
                "keep `acked` if each client is to have each of the event, or `{lossy}` if it need not"
            ),
        ));
    }
    diagnostics.accept(within(option.value.as_ref()?))
}

fn within(literal: &LitStr) -> Result<Duration> {
    let text = literal.value();
    let Some(within) = throttle::span(&text) else {
        return Err(mistake(
            literal,
            format_args!("the time {text:?} cannot be read"),
            "write a whole number and its unit, `ms` or `s`: `\"10s\"`, `\"1500ms\"`",
        ));
    };
    if !(LEAST..=MOST).contains(&within) {
        return Err(mistake(
            literal,
            format_args!("a time of {text} is not between a second and an hour"),
            "take at least `\"1s\"` and at most `\"3600s\"`, for example `\"10s\"`",
        ));
    }
    Ok(within)
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit_between_a_second_and_an_hour() {
        let read = |text: &str| within(&LitStr::new(text, Span::call_site()));
        for (text, milliseconds) in [("1s", 1_000), ("1500ms", 1_500), ("3600s", 3_600_000)] {
            assert_eq!(read(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in ["", "10", "1m", "-1s", "1.5s"] {
            assert!(read(text).unwrap_err().to_string().contains("cannot be read"), "{text}");
        }
        for text in ["0s", "999ms", "3601s", "18446744073709551615s"] {
            assert!(read(text).unwrap_err().to_string().contains("between"), "{text}");
        }
    }
}

//! In how long a room sends one event of each key at most: `"100ms"`, or `"2s"`.
//!
//! It must refuse what the clock does not tell, and what nobody would wait for.

use std::time::Duration;

use syn::{LitStr, Result};

use crate::{
    attributes::Attributes,
    diagnostics::{Diagnostics, mistake},
};

/// An hour.
const MOST: Duration = Duration::from_secs(60 * 60);

/// The interval, if there is one and nothing is wrong with it.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let option = attributes.throttle.as_ref()?;
    if attributes.latest.is_none() {
        diagnostics.report(mistake(
            &option.keyword,
            "`throttle` needs `latest`",
            "of what comes in between the newest is sent: say `latest`, or `latest = field` if that is so \
             for each value of a field; or leave `throttle` out",
        ));
    }
    diagnostics.accept(interval(option.value.as_ref()?))
}

/// A whole number and its unit, `ms` or `s`.
pub(super) fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

/// The mistake is placed at the whole literal, as that of a rate is.
fn interval(literal: &LitStr) -> Result<Duration> {
    let text = literal.value();
    let unreadable = || {
        mistake(
            literal,
            format_args!("the interval {text:?} cannot be read"),
            "write a whole number and its unit, `ms` or `s`: `\"100ms\"`, `\"2s\"`",
        )
    };
    let interval = span(&text).ok_or_else(unreadable)?;
    if interval.is_zero() {
        return Err(mistake(
            literal,
            "an interval of 0 throttles nothing",
            "take at least `\"1ms\"`; leave `throttle` out to have each sent at once",
        ));
    }
    if interval > MOST {
        return Err(mistake(
            literal,
            format_args!("an interval of {text} is above an hour"),
            "take at most `\"3600s\"`, for example `\"100ms\"`",
        ));
    }
    Ok(interval)
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn read(text: &str) -> Result<Duration> {
        interval(&LitStr::new(text, Span::call_site()))
    }

    #[test]
    fn an_interval_is_a_number_and_a_unit() {
        for (text, milliseconds) in
            [("1ms", 1), ("100ms", 100), ("2s", 2_000), ("3600s", 3_600_000)]
        {
            assert_eq!(read(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_is_out_of_bounds_is_refused() {
        for text in ["", "ms", "100", "100 ms", "0.1s", "-1s", "1m", "1h", "1sec", "ü", "5/s"] {
            assert!(read(text).unwrap_err().to_string().contains("cannot be read"), "{text}");
        }
        assert!(read("99999999999999999999s").unwrap_err().to_string().contains("cannot be read"));
        assert!(read("0s").unwrap_err().to_string().contains("throttles nothing"));
        for text in ["3601s", "3600001ms", "18446744073709551615s"] {
            assert!(read(text).unwrap_err().to_string().contains("above an hour"), "{text}");
        }
    }
}

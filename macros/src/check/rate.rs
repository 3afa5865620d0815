//! The rate of an event: `"5/s"`, or `"5/s burst 10"`.
//!
//! It must refuse a rate that would refuse every event, and one too high to be measured.

use syn::{LitStr, Result};

use crate::{diagnostics::mistake, model::Rate};

/// Above this the time between two events is less than a nanosecond, which no clock tells.
const MAX: u32 = 1_000_000_000;

/// The units, with their length in seconds.
const UNITS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 60 * 60)];

/// The rate, if it makes sense.
///
/// The mistake is placed at the whole literal, since a place inside of it is to be had on nightly
/// alone; so the message repeats the part that is wrong.
pub(super) fn check(literal: &LitStr) -> Result<Rate> {
    parse(&literal.value()).map_err(|Wrong { what, help }| mistake(literal, what, help))
}

/// What is wrong with a rate, and what to write instead.
struct Wrong {
    what: String,
    help: String,
}

impl Wrong {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

fn parse(text: &str) -> std::result::Result<Rate, Wrong> {
    let Some((count, rest)) = text.split_once('/') else {
        return Err(Wrong::new(
            format!("the rate {text:?} does not say in how long"),
            "write how many in how long: `\"5/s\"`, `\"100/m\"`, `\"1000/h\"`",
        ));
    };
    let mut words = rest.split_whitespace();
    let count = number(count.trim(), "rate", "\"5/s\"")?;
    let (unit, seconds) = unit(words.next().unwrap_or_default(), count)?;
    let right = format!("\"{count}/{unit} burst {}\"", count.saturating_mul(2).min(MAX));
    let burst = match (words.next(), words.next(), words.next()) {
        (None, ..) => count,
        (Some("burst"), Some(burst), None) => number(burst, "burst", &right)?,
        (Some("burst"), None, _) => {
            return Err(Wrong::new(
                "`burst` is not followed by a number",
                format!("say how many may come at once, for example `{right}`"),
            ));
        }
        (Some("burst"), Some(_), Some(extra)) | (Some(extra), ..) => {
            return Err(Wrong::new(
                format!("`{extra}` has no meaning in the rate {text:?}"),
                format!("only a burst may follow the unit, for example `{right}`"),
            ));
        }
    };
    Ok(Rate { count, seconds, burst })
}

/// A whole number above zero.
fn number(digits: &str, what: &str, right: &str) -> std::result::Result<u32, Wrong> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Wrong::new(
            format!("a {what} counts in whole numbers, not `{digits}`"),
            format!("write how many, for example `{right}`"),
        ));
    }
    let help = format!("for example `{right}`; leave `rate` out for no limit");
    match digits.parse() {
        Ok(0) => Err(Wrong::new(
            format!("a {what} of 0 would refuse every event"),
            format!("allow at least 1, {help}"),
        )),
        Ok(number @ 1..=MAX) => Ok(number),
        _ => Err(Wrong::new(
            format!("a {what} of {digits} is above {MAX}, and limits nothing"),
            format!("allow less, {help}"),
        )),
    }
}

/// The unit as it is spelt right, and its length in seconds.
fn unit(unit: &str, count: u32) -> std::result::Result<(&'static str, u64), Wrong> {
    if let Some(&known) = UNITS.iter().find(|(name, _)| *name == unit) {
        return Ok(known);
    }
    let what = if unit.is_empty() {
        "the rate ends before its unit".to_owned()
    } else {
        format!("`{unit}` is not a unit of a rate")
    };
    // `sec`, `minutes` and `hour` say what was meant; milliseconds are no unit here.
    let meant = UNITS.iter().map(|(name, _)| *name).find(|name| unit.starts_with(name));
    let meant = meant.filter(|_| unit != "ms").unwrap_or("s");
    Err(Wrong::new(
        what,
        format!("the units are `s`, `m` and `h`, for example `\"{count}/{meant}\"`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (String, String) {
        match parse(text) {
            Ok(rate) => panic!("{text:?} was taken for {rate:?}"),
            Err(Wrong { what, help }) => (what, help),
        }
    }

    #[track_caller]
    fn parses(text: &str, count: u32, seconds: u64, burst: u32) {
        match parse(text) {
            Ok(rate) => assert_eq!(rate, Rate { count, seconds, burst }),
            Err(Wrong { what, .. }) => panic!("{text:?} was refused: {what}"),
        }
    }

    #[test]
    fn a_burst_is_as_large_as_the_count_unless_stated() {
        parses("5/s", 5, 1, 5);
        parses("100/m", 100, 60, 100);
        parses("1/h", 1, 3600, 1);
        parses("5/s burst 10", 5, 1, 10);
        parses("5/s burst 1", 5, 1, 1);
    }

    #[test]
    fn whitespace_is_free() {
        parses("  5 / s   burst  10 ", 5, 1, 10);
    }

    #[test]
    fn the_highest_rate_still_has_a_time_between_two_events() {
        parses("1000000000/s", MAX, 1, MAX);
        assert!(wrong("1000000001/s").0.contains("limits nothing"));
        assert!(wrong("99999999999999999999/s").0.contains("limits nothing"));
    }

    #[test]
    fn nothing_is_not_a_rate() {
        assert!(wrong("0/s").0.contains("refuse every event"));
        assert!(wrong("5/s burst 0").0.contains("a burst of 0"));
    }

    #[test]
    fn the_count_is_a_whole_number() {
        for text in ["/s", "-5/s", "+5/s", "0.5/s", "five/s", "٥/s"] {
            assert!(wrong(text).0.contains("whole numbers"), "{text}");
        }
    }

    #[test]
    fn the_unit_is_one_of_three() {
        assert!(wrong("5/").0.contains("ends before its unit"));
        assert!(wrong("5").0.contains("in how long"));
        assert!(wrong("").0.contains("in how long"));
        for (text, right) in
            [("3/sec", "3/s"), ("3/min", "3/m"), ("3/hour", "3/h"), ("3/ms", "3/s")]
        {
            let (what, help) = wrong(text);
            assert!(what.contains("not a unit"), "{text}");
            assert!(help.contains(right), "{text}: {help}");
        }
    }

    #[test]
    fn only_a_burst_follows() {
        assert!(wrong("5/s 10").0.contains("`10` has no meaning"));
        assert!(wrong("5/s burst 10 more").0.contains("`more` has no meaning"));
        assert!(wrong("5/s, burst 10").1.contains("`\"5/s\"`"));
        assert!(wrong("5 / s burst").1.contains("5/s burst 10"));
        assert!(wrong("5/m burst x").1.contains("5/m burst 10"));
    }
}

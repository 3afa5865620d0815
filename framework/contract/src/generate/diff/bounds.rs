//! How small or large a value may be, and what rules it keeps, compared.
//!
//! It must know the bounds that a format of integers has by itself: `u8` has them written out, `i64` has not.

use serde_json::Value;

use super::{
    Course,
    parts::{Kind, Parts},
    values::Values,
};

/// Between what something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
}

impl Bounds {
    /// The closest of those that are written out.
    pub(super) fn of(parts: &Parts<'_>, least: &str, most: &str) -> Self {
        let all = |key: &str| {
            let numbers = parts.iter().filter_map(|part| part.get(key)?.as_f64());
            numbers.collect::<Vec<_>>().into_iter()
        };
        Self { least: all(least).reduce(f64::max), most: all(most).reduce(f64::min) }
    }

    fn closer(self, other: Self) -> Self {
        let both = |one: Option<f64>, other: Option<f64>, closer: fn(f64, f64) -> f64| {
            one.into_iter().chain(other).reduce(closer)
        };
        Self {
            least: both(self.least, other.least, f64::max),
            most: both(self.most, other.most, f64::min),
        }
    }

    fn of_numbers(parts: &Parts<'_>) -> Self {
        let mut found = Self::of(parts, "minimum", "maximum").closer(Self::of(
            parts,
            "exclusiveMinimum",
            "exclusiveMaximum",
        ));
        for part in parts {
            let format = part.get("format").and_then(Value::as_str).unwrap_or_default();
            let bits = format.trim_start_matches(|it: char| it.is_alphabetic()).parse::<i32>();
            let (least, most) = match (format, bits) {
                (_, Ok(bits)) if format.starts_with("uint") => (0.0, 2_f64.powi(bits)),
                (_, Ok(bits)) if format.starts_with("int") => {
                    (-2_f64.powi(bits - 1), 2_f64.powi(bits - 1))
                }
                _ => continue,
            };
            found = found.closer(Self { least: Some(least), most: Some(most - 1.0) });
        }
        found
    }
}

/// Compares bounds: of how many there are of something, or of a number itself if that is nothing.
pub(super) fn compare(
    values: &mut Values<'_, '_>,
    path: &str,
    unit: &str,
    (old, new): (Bounds, Bounds),
) {
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    let least = (old.least.unwrap_or(low), new.least.unwrap_or(low));
    let most = (old.most.unwrap_or(high), new.most.unwrap_or(high));
    let (is, was, unit) = match unit {
        "" => ("is", "was", String::new()),
        unit => ("has", "had", format!(" {unit}")),
    };
    for (bound, (old, new), is_closer) in
        [("least", least, least.1 > least.0), ("most", most, most.1 < most.0)]
    {
        if old == new {
            continue;
        }
        let course = if is_closer { Course::Narrower } else { Course::Wider };
        let words = match (old.is_finite(), new.is_finite()) {
            (true, true) => format!("{is} at {bound} {new}{unit} now, and {was} {old}"),
            (false, _) => format!("{is} at {bound} {new}{unit} now"),
            (true, false) => format!("{was} at {bound} {old}{unit}, and need not be so now"),
        };
        values.say(path, course, &words, why(course));
    }
}

/// Compares two values without parts, of one kind.
pub(super) fn plain(
    values: &mut Values<'_, '_>,
    path: &str,
    kind: Kind,
    old: &Parts<'_>,
    new: &Parts<'_>,
) {
    match kind {
        Kind::Truth => {}
        Kind::Whole | Kind::Number => {
            let [old, new] = [old, new].map(Bounds::of_numbers);
            compare(values, path, "", (old, new));
        }
        Kind::Text => {
            let [was, is] = [old, new].map(|parts| Bounds::of(parts, "minLength", "maxLength"));
            compare(values, path, "characters", (was, is));
            for rule in ["format", "pattern", "contentEncoding"] {
                let [was, is] =
                    [old, new].map(|parts| parts.iter().find_map(|part| part.get(rule)));
                self::rule(values, path, rule, was, is);
            }
        }
    }
}

fn rule(
    values: &mut Values<'_, '_>,
    path: &str,
    rule: &str,
    was: Option<&Value>,
    is: Option<&Value>,
) {
    match (was, is) {
        (Some(was), Some(is)) if was != is => {
            let words = format!("has the {rule} {is} now, and had {was}");
            values.say(path, Course::Other, &words, "what one admits the other may not");
        }
        (None, Some(is)) => {
            let words = format!("has the {rule} {is} now, and had none");
            values.say(path, Course::Narrower, &words, why(Course::Narrower));
        }
        (Some(was), None) => {
            let words = format!("had the {rule} {was}, and has none now");
            values.say(path, Course::Wider, &words, why(Course::Wider));
        }
        _ => {}
    }
}

fn why(course: Course) -> &'static str {
    match course {
        Course::Narrower => "clients that exist may send what is refused",
        _ => "clients that exist may get what they do not expect",
    }
}

//! Lists, and those with a type for each place, compared.
//!
//! It must know that what is added at the end of a list is passed over by a client that exists.

use serde_json::Value;

use super::{
    Course, Reader,
    bounds::{self, Bounds},
    parts::Parts,
    values::Values,
};

static ANYTHING: Value = Value::Bool(true);

/// What a list has.
struct List<'a> {
    places: Vec<&'a Value>,
    /// What comes after them, if anything may.
    rest: Option<&'a Value>,
    bounds: Bounds,
}

impl<'a> List<'a> {
    fn of(parts: &Parts<'a>) -> Self {
        let first = |key: &str| parts.iter().find_map(|part| part.get(key));
        let mut bounds = Bounds::of(parts, "minItems", "maxItems");
        match first("items") {
            Some(Value::Array(places)) => {
                let is_full = bounds.most.is_some_and(|most| most <= places.len() as f64);
                let rest = match first("additionalItems") {
                    Some(Value::Bool(false)) => None,
                    _ if is_full => None,
                    rest => Some(rest.unwrap_or(&ANYTHING)),
                };
                if rest.is_none() {
                    bounds.most = Some(bounds.most.unwrap_or(f64::MAX).min(places.len() as f64));
                }
                // Where there may be nothing, a type says nothing.
                let most = bounds.most.unwrap_or(f64::MAX);
                let places = places.iter().zip(0..).filter(|(_, at)| f64::from(*at) < most);
                Self { places: places.map(|(place, _)| place).collect(), rest, bounds }
            }
            items => Self { places: Vec::new(), rest: Some(items.unwrap_or(&ANYTHING)), bounds },
        }
    }

    fn place(&self, at: usize) -> Option<&'a Value> {
        self.places.get(at).copied().or(self.rest)
    }
}

/// Compares two lists.
pub(super) fn compare<'a>(
    values: &mut Values<'a, '_>,
    path: &str,
    old: &Parts<'a>,
    new: &Parts<'a>,
) {
    let (old, new) = (List::of(old), List::of(new));
    for at in 0..old.places.len().max(new.places.len()) {
        if let (Some(old), Some(new)) = (old.place(at), new.place(at)) {
            values.compare(&format!("{path}[{at}]"), old, new);
        }
    }
    if let (Some(old), Some(new)) = (old.rest, new.rest) {
        values.compare(&format!("{path}[]"), old, new);
    }
    let is_longer = old.rest.is_none() && new.rest.is_none() && new.places.len() > old.places.len();
    if is_longer && values.reader == Reader::Clients {
        values.harmless(path, "has more values at its end");
        return;
    }
    if old.rest.is_none() && new.rest.is_none() && new.places.len() < old.places.len() {
        let why = "clients that exist send and look for more";
        values.say(path, Course::Other, "has fewer values", why);
        return;
    }
    bounds::compare(values, path, "values", (old.bounds, new.bounds));
}

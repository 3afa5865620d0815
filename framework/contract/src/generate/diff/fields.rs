//! The fields of an object, compared.
//!
//! It must know that a client which exists neither sends a field that it has not heard of, nor minds one.

use std::collections::BTreeSet;

use super::{
    change::{Course, Reader},
    objects::{Fields, Inner, Parts},
    said::Said,
};

/// Compares two objects, but for what is in their fields.
pub(super) fn compare<'a>(
    said: &mut Said<'_>,
    path: &str,
    old: &Parts<'a>,
    new: &Parts<'a>,
) -> Vec<Inner<'a>> {
    let mut within = Vec::new();
    let (old, new) = (Fields::of(old), Fields::of(new));
    let names: BTreeSet<&str> = old
        .named
        .keys()
        .chain(new.named.keys())
        .chain(&old.required)
        .chain(&new.required)
        .copied()
        .collect();
    for name in names {
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let [is_old, is_new] =
            [&old, &new].map(|it| it.named.contains_key(name) || it.required.contains(name));
        let schemas = (old.named.get(name).copied(), new.named.get(name).copied());
        match (is_old, is_new) {
            (true, true) => {
                let is_required = (old.required.contains(name), new.required.contains(name));
                required(said, &inner, is_required);
                if let (Some(old), Some(new)) = schemas {
                    within.push((inner, old, new));
                }
            }
            (false, true) => added(said, &inner, new.required.contains(name)),
            (true, false) => match (schemas.0, new.others) {
                (Some(old), Some(new)) => within.push((inner, old, new)),
                _ => removed(said, &inner, new.is_closed),
            },
            (false, false) => {}
        }
    }
    within.extend(others(said, path, &old, &new));
    within
}

fn required(said: &mut Said<'_>, path: &str, (was, is): (bool, bool)) {
    match (was, is) {
        (false, true) => said.say(
            path,
            Course::Narrower,
            "is required now",
            "clients that exist may leave it out",
        ),
        (true, false) => said.say(
            path,
            Course::Wider,
            "may be missing now",
            "clients that exist take it for granted",
        ),
        _ => {}
    }
}

fn added(said: &mut Said<'_>, path: &str, is_required: bool) {
    match said.reader {
        Reader::Server if is_required => said.say(
            path,
            Course::Narrower,
            "is new, and required",
            "clients that exist do not send it; let it have a `#[serde(default)]`",
        ),
        Reader::Server => said.harmless(path, "is new, and may be left out"),
        Reader::Clients => said.harmless(path, "is new"),
    }
}

fn removed(said: &mut Said<'_>, path: &str, is_closed: bool) {
    match said.reader {
        Reader::Server if is_closed => said.say(
            path,
            Course::Narrower,
            "is gone, and fields that are not known are refused",
            "clients that exist go on to send it",
        ),
        Reader::Server => said.harmless(path, "is gone: whoever sends it is not heard"),
        Reader::Clients => {
            said.say(path, Course::Other, "is gone", "clients that exist look for it");
        }
    }
}

/// What is not named: the values of a map.
fn others<'a>(
    said: &mut Said<'_>,
    path: &str,
    old: &Fields<'a>,
    new: &Fields<'a>,
) -> Option<Inner<'a>> {
    match (old.others, new.others) {
        (Some(old), Some(new)) => return Some((format!("{path}[key]"), old, new)),
        (Some(_), None) if new.is_closed => said.say(
            path,
            Course::Other,
            "has no more fields than those that are named",
            "clients that exist send and look for others",
        ),
        (None, None) if new.is_closed && !old.is_closed && said.reader == Reader::Server => {
            said.harmless(path, "has no more fields than those that are named, or is refused");
        }
        _ => {}
    }
    None
}

//! Two schemas, compared.
//!
//! It must come to an end with types that are in themselves: of each pair of schemas it speaks once.

use serde_json::Value;

use super::{
    Course, Reader, bounds, fields, lists,
    values::Values,
    variants::{Variant, Variants},
};

/// Compares two schemas, and all that is in them.
pub(super) fn compare<'a>(mut values: Values<'a, '_>, old: &'a Value, new: &'a Value) {
    values.compare("", old, new);
    while let Some((path, old, new)) = values.next.pop_front() {
        values.one(&path, old, new);
    }
}

impl<'a> Values<'a, '_> {
    /// Compares two schemas; `path` is where they are.
    fn one(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        let [one, other] = [self.old.resolve(old), self.new.resolve(new)]
            .map(|schema| std::ptr::from_ref(schema).addr());
        if !self.seen.schemas.insert((one, other)) {
            return;
        }
        let (was, is) = (Variants::of(self.old, old), Variants::of(self.new, new));
        let (pairs, lost, gained) = paired(&was, &is);
        if pairs.is_empty() && !lost.is_empty() && !gained.is_empty() {
            let words = format!("is {} now, and was {}", listed(&gained), listed(&lost));
            self.push(true, path, &words);
        } else {
            for variant in lost {
                let words = format!("can no longer be {}", variant.words());
                self.say(path, Course::Narrower, &words, "clients that exist may send it");
            }
            for variant in gained {
                self.gained(path, variant, was.is_open);
            }
        }
        let is_one_of_several = was.all.len() > 1 && is.all.len() > 1;
        for (old, new) in pairs {
            let path = match new {
                Variant::Object(parts) if is_one_of_several => match fields::tag(parts) {
                    Some(tag) => format!("{path}({})", tag.replace('`', "")),
                    None => path.to_owned(),
                },
                _ => path.to_owned(),
            };
            match (old, new) {
                (Variant::Object(old), Variant::Object(new)) if self.seen.is_new(old, new) => {
                    fields::compare(self, &path, old, new);
                }
                (Variant::List(old), Variant::List(new)) => lists::compare(self, &path, old, new),
                (Variant::Plain(kind, old), Variant::Plain(_, new)) => {
                    bounds::plain(self, &path, *kind, old, new);
                }
                _ => {}
            }
        }
    }

    /// Something that a value could not be.
    fn gained(&mut self, path: &str, variant: &Variant<'_>, is_open: bool) {
        let words = format!("may be {} now", variant.words());
        match (self.reader, is_open) {
            (Reader::Clients, true) => {
                let words = format!("{words}; it is marked open, so that clients expect others");
                self.harmless(path, &words);
            }
            _ => self.say(
                path,
                Course::Wider,
                &words,
                "clients that exist do not know it, and it was not marked open by \
                 `#[schemars(extend(\"x-open\" = true))]`",
            ),
        }
    }
}

/// What is the same in both, what only the old one has and the new one does not cover, and the other way.
type Paired<'v, 'a> =
    (Vec<(&'v Variant<'a>, &'v Variant<'a>)>, Vec<&'v Variant<'a>>, Vec<&'v Variant<'a>>);

fn paired<'v, 'a>(old: &'v Variants<'a>, new: &'v Variants<'a>) -> Paired<'v, 'a> {
    let mut pairs = Vec::new();
    let mut left: Vec<&Variant<'_>> = new.all.iter().collect();
    let mut alone = Vec::new();
    for one in &old.all {
        let alike = (0..left.len()).filter(|at| left[*at].key() == one.key());
        match alike.max_by_key(|at| (likeness(one, left[*at]), std::cmp::Reverse(*at))) {
            Some(at) => pairs.push((one, left.remove(at))),
            None => alone.push(one),
        }
    }
    // An object that was told by nothing may be so now, and the other way.
    let objects = |of: &[&Variant<'_>]| {
        let mut at = (0..of.len()).filter(|at| matches!(of[*at], Variant::Object(_)));
        at.next().filter(|_| at.next().is_none())
    };
    if let (Some(one), Some(other)) = (objects(&alone), objects(&left))
        && !(is_told(alone[one]) && is_told(left[other]))
    {
        pairs.push((alone.remove(one), left.remove(other)));
    }
    let is_covered = |variant: &Variant<'_>, by: &[Variant<'_>]| {
        by.iter().any(|other| other.covers(variant) && other.key() != variant.key())
    };
    alone.retain(|variant| !is_covered(variant, &new.all));
    left.retain(|variant| !is_covered(variant, &old.all));
    (pairs, alone, left)
}

fn likeness(one: &Variant<'_>, other: &Variant<'_>) -> usize {
    match (one, other) {
        (Variant::Object(one), Variant::Object(other)) => fields::shared(one, other),
        _ => 0,
    }
}

fn is_told(object: &Variant<'_>) -> bool {
    matches!(object, Variant::Object(parts) if fields::tag(parts).is_some())
}

fn listed(variants: &[&Variant<'_>]) -> String {
    variants.iter().map(|variant| variant.words()).collect::<Vec<_>>().join(" or ")
}

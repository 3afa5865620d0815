//! Two schemas, compared.
//!
//! It must come to an end with types that are in themselves: of each pair of schemas it speaks once.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::{
    bounds,
    change::{Course, Reader},
    fields, lists,
    objects::{self, Inner, Parts},
    said::Said,
    variants::{Variant, Variants},
};
use crate::document::Document;

/// The pairs that were spoken of.
#[derive(Debug, Default)]
pub(super) struct Seen {
    schemas: BTreeSet<(usize, usize)>,
    /// Of what a schema admits: one type may be named by itself, and as something that may be missing.
    objects: BTreeSet<[Vec<usize>; 2]>,
}

impl Seen {
    fn is_new(&mut self, old: &Parts<'_>, new: &Parts<'_>) -> bool {
        let identity = |parts: &Parts<'_>| {
            // What only names others says nothing itself.
            let parts = parts.iter().filter(|part| part.contains_key("type"));
            parts.map(|part| std::ptr::from_ref(*part).addr()).collect()
        };
        let both: [Vec<usize>; 2] = [identity(old), identity(new)];
        both.iter().any(Vec::is_empty) || self.objects.insert(both)
    }
}

/// Compares what one side of an event may be.
pub(super) struct Values<'a, 'c> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    pub(super) said: Said<'c>,
    pub(super) seen: Seen,
}

impl<'a> Values<'a, '_> {
    /// Compares two schemas, and what is in them: what is told of a type is told of the place where it is met
    /// first from outside.
    pub(super) fn compare(&mut self, old: &'a Value, new: &'a Value) {
        let mut left = VecDeque::from([(String::new(), old, new)]);
        while let Some((path, old, new)) = left.pop_front() {
            left.extend(self.one(&path, old, new));
        }
    }

    /// Compares two schemas, but for what is in them; `path` is where they are.
    fn one(&mut self, path: &str, old: &'a Value, new: &'a Value) -> Vec<Inner<'a>> {
        let [one, other] = [self.old.resolve(old), self.new.resolve(new)]
            .map(|schema| std::ptr::from_ref(schema).addr());
        if !self.seen.schemas.insert((one, other)) {
            return Vec::new();
        }
        let (was, is) = (Variants::of(self.old, old), Variants::of(self.new, new));
        let (pairs, lost, gained) = paired(&was, &is);
        if pairs.is_empty() && !lost.is_empty() && !gained.is_empty() {
            let words = format!("is {} now, and was {}", listed(&gained), listed(&lost));
            self.said.push(true, path, &words);
        } else {
            for variant in lost {
                let words = format!("can no longer be {}", variant.words());
                self.said.say(path, Course::Narrower, &words, "clients that exist may send it");
            }
            for variant in gained {
                may_be(&mut self.said, path, variant, was.is_open);
            }
        }
        let mut within = Vec::new();
        let is_one_of_several = was.all.len() > 1 && is.all.len() > 1;
        for (old, new) in pairs {
            let path = match new {
                Variant::Object(parts) if is_one_of_several => match objects::tag(parts) {
                    Some(tag) => format!("{path}({})", tag.replace('`', "")),
                    None => path.to_owned(),
                },
                _ => path.to_owned(),
            };
            match (old, new) {
                (Variant::Object(old), Variant::Object(new)) if self.seen.is_new(old, new) => {
                    within.extend(fields::compare(&mut self.said, &path, old, new));
                }
                (Variant::List(old), Variant::List(new)) => {
                    within.extend(lists::compare(&mut self.said, &path, old, new));
                }
                (Variant::Plain(kind, old), Variant::Plain(_, new)) => {
                    bounds::plain(&mut self.said, &path, *kind, old, new);
                }
                _ => {}
            }
        }
        within
    }
}

/// Something that a value could not be.
fn may_be(said: &mut Said<'_>, path: &str, variant: &Variant<'_>, is_open: bool) {
    let words = format!("may be {} now", variant.words());
    match (said.reader, is_open) {
        (Reader::Clients, true) => {
            let words = format!("{words}; it is marked open, so that clients expect others");
            said.harmless(path, &words);
        }
        _ => said.say(
            path,
            Course::Wider,
            &words,
            "clients that exist do not know it, and it was not marked open by \
             `#[schemars(extend(\"x-open\" = true))]`",
        ),
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
        (Variant::Object(one), Variant::Object(other)) => objects::shared(one, other),
        _ => 0,
    }
}

fn is_told(object: &Variant<'_>) -> bool {
    matches!(object, Variant::Object(parts) if objects::tag(parts).is_some())
}

fn listed(variants: &[&Variant<'_>]) -> String {
    variants.iter().map(|variant| variant.words()).collect::<Vec<_>>().join(" or ")
}

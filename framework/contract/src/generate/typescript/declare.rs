//! The types that a namespace refers to.
//!
//! It must never declare a type that is itself: `type Chain = Chain | null` is a mistake to TypeScript.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    read::{Reader, words},
    types::Type,
    write::{Writer, comment},
};

/// The declarations of all that was referred to so far, and of what they refer to themselves.
pub(super) fn all(
    schemas: &BTreeMap<String, Value>,
    reader: &mut Reader<'_>,
    writer: Writer<'_>,
) -> Vec<String> {
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    while let Some(name) = reader.referred.iter().find(|it| !types.contains_key(*it)).cloned() {
        let of = reader.known(schemas.get(&name));
        types.insert(name, of);
    }
    let circles: Vec<String> =
        types.keys().filter(|name| is_itself(name, &types)).cloned().collect();
    for name in circles {
        // Of those in one circle the first is opened, and the others are none any more.
        if is_itself(&name, &types) {
            types.insert(name, Type::Unknown);
        }
    }
    let declarations = types.iter().filter_map(|(name, of)| {
        let own = writer.names.get(name)?;
        let comment = comment(&schemas.get(name).map(words).unwrap_or_default(), 0);
        Some(match of {
            Type::Object { .. } => {
                // What an interface says is said on lines of its own, unless it is short.
                let of = writer.lines(of, 0, "export interface  ".len() + own.len());
                format!("{comment}export interface {own} {of}\n")
            }
            of => {
                let used = "export type  = ;".len() + own.len();
                let of = writer.lines(of, 0, used);
                let space = if of.starts_with('\n') { "" } else { " " };
                format!("{comment}export type {own} ={space}{of};\n")
            }
        })
    });
    declarations.collect()
}

/// Whether a type comes back to itself without an object or a list between.
fn is_itself(name: &str, types: &BTreeMap<String, Type>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Type> = types.get(name).into_iter().collect();
    while let Some(of) = open.pop() {
        match of {
            Type::Reference(other) if other == name => return true,
            Type::Reference(other) if seen.insert(other) => open.extend(types.get(other)),
            Type::Union(of) | Type::Intersection(of) => open.extend(of),
            _ => {}
        }
    }
    false
}

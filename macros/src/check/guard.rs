//! The guards of an event: any number, each once.
//!
//! It must leave to the compiler what only types can tell: that each is a guard of this event.

use quote::ToTokens;
use syn::Type;

use crate::{
    attributes::Given,
    diagnostics::{Diagnostics, mistake},
};

/// The guards in their order, without those that are there already.
pub(super) fn check(given: &[Given<Type>], diagnostics: &mut Diagnostics) -> Vec<Type> {
    let mut guards: Vec<Type> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for guard in given.iter().filter_map(|option| option.value.as_ref()) {
        let name = guard.to_token_stream().to_string();
        if names.contains(&name) {
            diagnostics.report(mistake(
                guard,
                format_args!("the guard `{name}` is given twice"),
                "remove one of the two: an event asks each of its guards once",
            ));
        } else {
            guards.push(guard.clone());
            names.push(name);
        }
    }
    guards
}

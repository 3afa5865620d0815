//! The permission of an event: one name, for the authority to decide about.
//!
//! It must refuse what no authority could mean, and never ask what a permission is called.

use syn::{LitStr, Result};

use crate::diagnostics::mistake;

/// Bytes of a permission's name; the same as of an event's.
const MAX: usize = 128;

const HELP: &str =
    "name what the sender wants to do, as the authority knows it: `permit = \"play\"`";

/// The name, if it is one.
pub(super) fn check(literal: &LitStr) -> Result<String> {
    let name = literal.value();
    let wrong = |what: String, help: &str| Err(mistake(literal, what, help));
    if name.is_empty() {
        return wrong("a permission has a name".to_owned(), HELP);
    }
    if name.len() > MAX {
        let bytes = name.len();
        return wrong(format!("a permission of {bytes} bytes is longer than {MAX}"), HELP);
    }
    if name.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return wrong(
            format!("the permission {name:?} has whitespace or a control character in it"),
            "an event has one permission; what else it depends on is a `guard`",
        );
    }
    if name.contains('*') {
        return wrong(
            format!("the permission {name:?} is a pattern"),
            "ask for one thing: patterns are what an identity has, not what an event asks for",
        );
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn checked(name: &str) -> Result<String> {
        check(&LitStr::new(name, Span::call_site()))
    }

    #[test]
    fn a_permission_is_one_name() {
        for name in ["play", "lobby:play", "lobby.play/deal", "spielen-ü", &"x".repeat(MAX)] {
            assert!(checked(name).is_ok_and(|checked| checked == name), "{name}");
        }
        for name in ["", "play deal", "play\n", "lobby:*", &"x".repeat(MAX + 1)] {
            assert!(checked(name).is_err(), "{name}");
        }
    }
}

//! The name of an event: what may stand on the wire.
//!
//! It must refuse every name that Socket.IO or Salon gives a meaning of its own.

use syn::{LitStr, Result};

use crate::diagnostics::{list, mistake};

/// As long as a name may be, in bytes: names are compared and logged for every event that arrives.
const MAX_BYTES: usize = 128;

/// Names that Socket.IO's clients and servers emit themselves, so that they never arrive as events.
const OF_SOCKET_IO: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The beginning of the events that Salon sends itself.
const OF_SALON: &str = "salon:";

/// The name, if it may be used.
pub(super) fn check(literal: &LitStr) -> Result<String> {
    let name = literal.value();
    let wrong = |what: String, help: String| Err(mistake(literal, what, help));
    if !literal.suffix().is_empty() {
        return wrong(
            format!("the name of an event has no suffix `{}`", literal.suffix()),
            format!("write `{name:?}`"),
        );
    }
    if name.is_empty() {
        return wrong(
            "the name of an event is not empty".into(),
            "name it as clients do, for example `\"lobby:join\"`".into(),
        );
    }
    if name.len() > MAX_BYTES {
        return wrong(
            format!(
                "the name of an event has at most {MAX_BYTES} bytes, this one has {}",
                name.len()
            ),
            "put what varies into a field, and keep the name short".into(),
        );
    }
    if let Some(bad) = name.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return wrong(
            format!("the name of an event has no whitespace or control characters, as {bad:?}"),
            "separate words by `:`, `-` or `_`, for example `\"lobby:join\"`".into(),
        );
    }
    if OF_SOCKET_IO.contains(&name.as_str()) {
        return wrong(
            format!("the name `{name}` is reserved by Socket.IO"),
            format!(
                "choose another, for example with your own prefix: `\"lobby:{name}\"`; reserved \
                 are {}",
                list(&OF_SOCKET_IO)
            ),
        );
    }
    if let Some(rest) = name.strip_prefix(OF_SALON) {
        let rest = if rest.is_empty() { "join" } else { rest };
        return wrong(
            format!("names that begin with `{OF_SALON}` are reserved by Salon"),
            format!("choose another, for example with your own prefix: `\"lobby:{rest}\"`"),
        );
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        let literal = LitStr::new(name, proc_macro2::Span::call_site());
        check(&literal).expect_err(name).to_string()
    }

    #[test]
    fn takes_names_of_any_alphabet_up_to_the_limit() {
        for name in ["a", "lobby:join", "connected", "salon", "salón:x", "大厅", &"x".repeat(128)]
        {
            let literal = LitStr::new(name, proc_macro2::Span::call_site());
            assert_eq!(check(&literal).expect("a good name"), name);
        }
    }

    #[test]
    fn refuses_what_cannot_be_read_or_is_too_long() {
        assert!(refused("").contains("not empty"));
        assert!(refused("lobby join").contains("' '"));
        assert!(refused("lobby\u{a0}join").contains("whitespace"));
        assert!(refused("lobby\0").contains("'\\0'"));
        assert!(refused(&"ä".repeat(65)).contains("this one has 130"));
    }

    #[test]
    fn its_reserved_names_are_those_that_the_framework_never_sends() {
        let sent = include_str!("../../../framework/contract/src/event/reserved.rs");
        assert!(sent.contains(&format!("{OF_SOCKET_IO:?}")));
        assert!(sent.contains(&format!("{OF_SALON:?}")));
    }

    #[test]
    fn refuses_names_with_a_meaning_of_their_own() {
        for name in OF_SOCKET_IO {
            assert!(refused(name).contains("reserved by Socket.IO"));
        }
        assert!(refused("salon:").contains("\"lobby:join\""));
        assert!(refused("salon:refused").contains("\"lobby:refused\""));
    }
}

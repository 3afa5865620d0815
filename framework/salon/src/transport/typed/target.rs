//! What a request asks for by its path, below that of the endpoint.
//!
//! It must never take a part of a namespace's name for anything else, unless it is the last.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A WebSocket.
    WebSocket,
    /// A stream of events.
    Events,
    /// To take what is posted.
    Send,
    /// To handle one event, and answer.
    Call { event: String },
}

/// A namespace, and what is asked for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) namespace: String,
    pub(super) asked: Asked,
}

impl Target {
    /// Reads what stands behind the endpoint's path, as actix-web gives it: of what was encoded, `%`, `/`
    /// and `+` still are.
    pub(super) fn parse(tail: &str) -> Self {
        let tail = tail.trim_matches('/');
        let parts: Vec<&str> = tail.split('/').collect();
        let (namespace, asked) = match &parts[..] {
            [namespace @ .., "events"] => (namespace, Asked::Events),
            [namespace @ .., "send"] => (namespace, Asked::Send),
            [namespace @ .., "call", event] => {
                (namespace, Asked::Call { event: decoded(event).into_owned() })
            }
            namespace => (namespace, Asked::WebSocket),
        };
        Self { namespace: format!("/{}", decoded(&namespace.join("/"))), asked }
    }
}

fn decoded(part: &str) -> Cow<'_, str> {
    percent_decode_str(part).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_says_what_is_asked_for_and_the_others_where() {
        let call = |event: &str| Asked::Call { event: event.to_owned() };
        for (tail, namespace, asked) in [
            ("", "/", Asked::WebSocket),
            ("/", "/", Asked::WebSocket),
            ("admin", "/admin", Asked::WebSocket),
            ("a/b/", "/a/b", Asked::WebSocket),
            ("events", "/", Asked::Events),
            ("admin/events", "/admin", Asked::Events),
            ("send", "/", Asked::Send),
            ("call/chat:say", "/", call("chat:say")),
            ("a/b/call/x", "/a/b", call("x")),
            ("call", "/call", Asked::WebSocket),
            ("100%25/call/a%2Fb%2B", "/100%", call("a/b+")),
            ("call/%2525", "/", call("%25")),
            ("call/50%", "/", call("50%")),
        ] {
            let expected = Target { namespace: namespace.to_owned(), asked };
            assert_eq!(Target::parse(tail), expected, "{tail}");
        }
    }
}

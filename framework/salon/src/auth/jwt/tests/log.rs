//! What the log has of a token that is refused.

use std::{
    fmt,
    sync::{LazyLock, Mutex},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;

/// What was logged: the level, and all fields in a text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Fields(&mut text));
        self.0.lock().unwrap().push((*event.metadata().level(), text));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// While there is but one subscriber, tracing asks that of whichever thread comes first to a place
/// that logs whether anybody is interested there, and remembers the answer for all: a test beside
/// this one has none. With a second one it asks both.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Log::default()));

/// What is logged when it is refused.
fn logged(token: &str) -> (Level, String) {
    LazyLock::force(&SECOND);
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let refused = jwt().authenticate(presenting(token)).now_or_never().unwrap();
        assert!(refused.is_err());
    });
    let mut lines = log.0.lock().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn it_has_the_reason_and_neither_the_token_nor_what_is_in_it() {
    let secret = "ada@example.com";
    let with = |changes: Value| {
        let mut all = json!({ "mail": secret, "sub": secret });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims(all)
    };
    let good = with(json!({}));
    let foreign = EncodingKey::from_secret(&OTHER);
    let kid = json!({ "alg": "none", "kid": secret }).to_string();
    for (token, level, reason) in [
        (signed(HEADER, &good, &foreign, Algorithm::HS256), Level::DEBUG, "signature"),
        (hs256(HEADER, &with(json!({ "exp": 1 }))), Level::DEBUG, "expired"),
        (hs256(&kid, &good), Level::DEBUG, "none"),
        (hs256(HEADER, &with(json!({ "exp": secret }))), Level::WARN, "exp"),
        (hs256(HEADER, &with(json!({ "name": { "x": secret } }))), Level::WARN, "Player"),
        (hs256(HEADER, &with(json!({ "scope": "::" }))), Level::WARN, "segment"),
        (hs256(HEADER, &with(json!({ "permissions": { "x": secret } }))), Level::WARN, "list"),
        (secret.to_owned(), Level::DEBUG, "parts"),
    ] {
        let (found, text) = logged(&token);
        assert_eq!(found, level, "{text}");
        assert!(text.contains(reason), "{text} for {reason}");
        assert!(!text.contains(secret), "{text}");
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!text.contains(part), "{text}");
        }
    }
}

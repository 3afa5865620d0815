//! An event as it was received, and the key by which it is known if it is sent again.
//!
//! It must never look for a key where there can be none: most events have none, and cost no more.

use std::{
    borrow::Cow,
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

use foldhash::quality::FixedState;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    base::{
        contained::{Contained, contain},
        meter::{Count, Tally},
        refusal::{Code, Refusal},
    },
    event::{self, Event},
    message::Delivery,
    payload::{NoJson, UncheckedPayload},
};

/// An event of a client, decoded.
pub(crate) struct Received<E> {
    pub(crate) event: Contained<E>,
    /// If it is to be handled once.
    pub(crate) keyed: Option<Box<Keyed>>,
}

/// By what an event is known if it is sent again, and what it carries.
#[derive(Clone)]
pub(crate) struct Keyed {
    pub(super) key: Arc<str>,
    /// A hash of what the event itself carries: what is said of the delivery may differ each time.
    pub(super) payload: u64,
}

/// Decodes an event and takes its key, from the field that its derive names or from what is said of its
/// delivery: one has no more than so many bytes, and panics of the application's count there.
///
/// # Errors
/// [`NoJson`] if the payload is none.
pub(crate) fn receive<E: Event + DeserializeOwned>(
    payload: UncheckedPayload,
    delivery: Option<&Delivery>,
    (longest_key, tally): (usize, Tally),
) -> Result<Result<Received<E>, Refusal>, NoJson> {
    let told = delivery.and_then(|delivery| delivery.key.as_deref());
    // Before it is decoded, after which it is gone.
    let hash = (E::POLICY.once.is_some() || told.is_some()).then(|| hash(&payload));
    let event = match event::decode_or_refuse::<E>(payload)? {
        Ok(event) => Contained::new(event, tally),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(payload) = hash else { return Ok(Ok(Received { event, keyed: None })) };
    let key = own_key::<E>(&event, longest_key, tally).and_then(|own| one_key(own, told));
    Ok(key.map(|key| {
        let keyed = key.map(|key| Box::new(Keyed { key, payload }));
        Received { event, keyed }
    }))
}

/// The key in the event itself.
fn own_key<E: Event>(event: &E, longest: usize, tally: Tally) -> Result<Option<Arc<str>>, Refusal> {
    let Some(field) = E::POLICY.once else { return Ok(None) };
    // It may be of a type of the application's.
    let key = contain(|| event.once_key().map(Cow::into_owned)).map_err(|panicked| {
        tally.one(Count::HandlerPanics);
        tracing::error!(event = E::NAME, field, "the key of an event panicked");
        Refusal::from(panicked)
    })?;
    if let Some(length) = key.as_ref().map(String::len).filter(|length| *length > longest) {
        let message = format!("the key in {field:?} has {length} bytes, and {longest} at most");
        return Err(invalid(field, message));
    }
    Ok(key.map(Arc::from))
}

/// The key of an event that may have one of its own, and one in what is said of its delivery.
fn one_key(own: Option<Arc<str>>, told: Option<&str>) -> Result<Option<Arc<str>>, Refusal> {
    match (own, told) {
        (Some(own), Some(told)) if *own != *told => {
            let message =
                "$.key of the last argument is another than the event's own key; leave it out";
            Err(invalid("$.key", message.to_owned()))
        }
        (Some(own), _) => Ok(Some(own)),
        (None, told) => Ok(told.map(Arc::from)),
    }
}

fn invalid(path: &str, message: String) -> Refusal {
    Refusal::new(Code::InvalidPayload, message).with_data(json!({ "path": path }))
}

fn hash(payload: &UncheckedPayload) -> u64 {
    let mut state = FixedState::default().build_hasher();
    payload.hash_values(&mut state);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    #[test]
    fn the_same_values_are_the_same_however_they_came() {
        let unchecked = |text: &str| UncheckedPayload::new(text.into(), 1, 8);
        let hashed = hash(&unchecked(r#"2["say",{"text":"hi"} ]"#));
        let checked = Payload::from_parts(r#"{"text":"hi"}"#.into(), Vec::new());
        assert_eq!(hash(&checked.into()), hashed);
        let mut with_delivery = unchecked(r#"2["say",{"text":"hi"} ,{"$":{"key":"a"}}]"#);
        assert!(with_delivery.take_delivery().unwrap().is_some());
        assert_eq!(hash(&with_delivery), hashed);
        assert_ne!(hash(&unchecked(r#"2["say",{"text":"ho"}]"#)), hashed);
        let attached = Payload::from_parts(r#"{"text":"hi"}"#.into(), vec![vec![1].into()]);
        assert_ne!(hash(&attached.into()), hashed);
    }
}

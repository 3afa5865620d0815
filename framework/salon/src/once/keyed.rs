//! The key by which an event is known if it is sent again.
//!
//! It must never look for a key where there can be none: most events have none, and cost no more.

use std::{borrow::Cow, hash::Hasher, sync::Arc};

use serde_json::json;

use crate::{
    base::{
        contained::contain,
        meter::{Count, Tally},
        refusal::{Code, Refusal},
    },
    event::Event,
    message::Delivery,
    payload::{Payload, UncheckedPayload},
};

/// By what an event is known if it is sent again, and what it carries.
pub(crate) struct Keyed {
    pub(super) key: Arc<str>,
    /// A hash of what the event itself carries: what is said of the delivery may differ each time.
    pub(super) payload: u64,
}

/// An event that may have a key, before it is decoded.
pub(crate) struct MayBeKeyed {
    told: Option<Box<str>>,
    payload: u64,
}

impl MayBeKeyed {
    /// Nothing if an event of this type has no key, nor anything that is said of its delivery.
    #[inline]
    pub(crate) fn of<E: Event>(
        payload: &UncheckedPayload,
        delivery: Option<&Delivery>,
    ) -> Option<Box<Self>> {
        if E::POLICY.once.is_none() && delivery.is_none() {
            return None;
        }
        let told = delivery.and_then(|delivery| delivery.key.clone());
        let may_be = E::POLICY.once.is_some() || told.is_some();
        may_be.then(|| Box::new(Self { told, payload: hash(payload) }))
    }

    /// The event is decoded: its key, from the field that its derive names or from what is said of its
    /// delivery. It has no more than so many bytes, and panics of the application's count there.
    pub(crate) fn keyed<E: Event>(
        self,
        event: &E,
        (longest_key, tally): (usize, Tally),
    ) -> Result<Option<Box<Keyed>>, Refusal> {
        let Self { told, payload } = self;
        let own = own_key(event, longest_key, tally)?;
        let key = one_key(own, told.as_deref())?;
        Ok(key.map(|key| Box::new(Keyed { key, payload })))
    }
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

/// One that means the same in every process, since it may be kept for the next, and over every protocol: where
/// bytes are attached they count as the text that others have for them.
fn hash(payload: &UncheckedPayload) -> u64 {
    let mut state = crc32fast::Hasher::default();
    match payload.attached().and_then(Payload::inlined) {
        Some(text) => {
            let payload = Payload::from_parts(text.into(), Vec::new());
            UncheckedPayload::from(payload).hash_values(&mut state);
        }
        None => payload.hash_values(&mut state),
    }
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
        let attached = |bytes: &[u8]| {
            let json = r#"{"text":{"_placeholder":true,"num":0}}"#;
            let attachments = vec![bytes::Bytes::copy_from_slice(bytes)];
            hash(&Payload::from_parts(json.into(), attachments).into())
        };
        assert_eq!(attached(&[1, 2, 255]), hash(&unchecked(r#"2["say",{"text":"AQL/"}]"#)));
        assert_ne!(attached(&[1]), attached(&[2]));
    }
}

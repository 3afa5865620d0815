//! Refusals as clients get them, written and read back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::refusal::{Code, Refusal},
    payload::{Payload, PayloadError},
};

#[derive(Serialize)]
struct Refused<'a> {
    event: &'a str,
    error: &'a Refusal,
}

/// The payload of an event of its own that says why another one was refused, which it names.
pub(crate) fn refused(event: &str, refusal: &Refusal) -> Result<Payload, PayloadError> {
    Payload::encode_single(&Refused { event, error: refusal })
}

/// What acknowledges an event of Socket.IO that is refused, by custom; `refusal` is JSON.
pub(crate) fn as_acknowledgement(refusal: &str) -> Payload {
    Payload::from_parts(format!(r#"{{"error":{refusal}}}"#).into(), Vec::new())
}

/// The refusal that an acknowledgement is, if it is one: that and nothing else.
pub(crate) fn refusal_in(acknowledgement: &Payload) -> Option<Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Refused {
        error: ToldRefusal,
    }

    acknowledgement.single::<Refused>().ok().map(|refused| refused.error.into_refusal())
}

/// What [`refused`] has written.
#[derive(Deserialize)]
pub(crate) struct ToldRefused {
    /// What was refused.
    pub(crate) event: String,
    /// Why.
    pub(crate) error: ToldRefusal,
}

/// A refusal, as it was written.
#[derive(Deserialize)]
pub(crate) struct ToldRefusal {
    code: String,
    message: String,
    data: Option<Value>,
}

impl ToldRefusal {
    /// That. No `From`: apps would be shown it, among what becomes a refusal of theirs.
    pub(crate) fn into_refusal(self) -> Refusal {
        let refusal = Refusal::new(Code::from(&*self.code), self.message);
        match self.data {
            Some(data) => refusal.with_data(data),
            None => refusal,
        }
    }
}

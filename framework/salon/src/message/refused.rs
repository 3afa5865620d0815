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
    /// One in whatever words; what is none of a refusal's is left out.
    pub(super) fn of_any_words(error: &str) -> Self {
        let words = serde_json::from_str::<Value>(error).unwrap_or_default();
        let text = |key: &str| words.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            code: text("code").unwrap_or_else(|| "refused".to_owned()),
            message: text("message").unwrap_or_default(),
            data: words.get("data").cloned(),
        }
    }

    /// The one that an acknowledgement of Socket.IO is by custom, if it is that and nothing else.
    pub(crate) fn in_acknowledgement(acknowledgement: &Payload) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Refused {
            error: ToldRefusal,
        }

        acknowledgement.single::<Refused>().ok().map(|refused| refused.error)
    }

    /// That. No `From`: apps would be shown it, among what becomes a refusal of theirs.
    pub(crate) fn into_refusal(self) -> Refusal {
        let refusal = Refusal::new(Code::from(&*self.code), self.message);
        match self.data {
            Some(data) => refusal.with_data(data),
            None => refusal,
        }
    }
}

//! A refusal that a client is told, read back as it was written: what was told in frames is to be said in
//! HTTP.

use serde::Deserialize;
use serde_json::Value;

use crate::base::refusal::{Code, Refusal};

/// What `salon:refused` carries.
#[derive(Deserialize)]
pub(super) struct Refused {
    /// What was refused.
    pub(super) event: String,
    /// Why.
    pub(super) error: Written,
}

/// A refusal, as it was written.
#[derive(Deserialize)]
pub(super) struct Written {
    code: String,
    message: String,
    data: Option<Value>,
}

impl Written {
    /// That. No `From`: apps would be shown it, among what becomes a refusal of theirs.
    pub(super) fn into_refusal(self) -> Refusal {
        let refusal = Refusal::new(Code::from(&*self.code), self.message);
        match self.data {
            Some(data) => refusal.with_data(data),
            None => refusal,
        }
    }
}

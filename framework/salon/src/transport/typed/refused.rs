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

impl From<Written> for Refusal {
    fn from(Written { code, message, data }: Written) -> Self {
        let refusal = Self::new(Code::from(&*code), message);
        match data {
            Some(data) => refusal.with_data(data),
            None => refusal,
        }
    }
}

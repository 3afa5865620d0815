//! What events and acknowledgements carry: values in JSON, and bytes beside it.
//!
//! It must never know a wire, nor what an event is called: it names what the contract has.

pub use salon_contract::payload::{
    Binary, IntoPayload, JsonError, NoJson, Payload, PayloadError, UncheckedPayload, Value,
};

pub(crate) use salon_contract::payload::with_json;

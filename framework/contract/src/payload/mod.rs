//! What events and acknowledgements carry: values in JSON, and bytes beside it.
//!
//! It reads them into types and writes types into them, strictly: named fields come out of objects
//! alone. It must never know a wire, nor what an event is called.

mod attachments;
mod binary;
mod delivery;
mod error;
mod inline;
mod into_payload;
mod json_error;
mod list;
mod object;
mod path;
#[expect(clippy::module_inception, reason = "the noun of the folder")]
mod payload;
mod pieces;
mod placeholder;
mod scratch;
mod strict;
mod unchecked;
mod value;

pub use self::{
    binary::Binary,
    error::PayloadError,
    into_payload::IntoPayload,
    json_error::JsonError,
    payload::Payload,
    unchecked::{NoJson, UncheckedPayload},
    value::Value,
};

#[doc(hidden)]
pub use self::scratch::with_json;

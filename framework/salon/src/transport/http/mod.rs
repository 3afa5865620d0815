//! One HTTP request and its response, whatever is above: who may ask, what is said, how it is refused.
//!
//! It must never know what a connection is.

mod compression;
mod origin;
mod rejection;
mod request;
mod response;
mod serving;
mod upload;

pub(super) use self::{
    rejection::Rejection,
    request::{BEARER, Target},
    response::{NDJSON, Reply},
    serving::serve,
    upload::{ReadError, Upload},
};

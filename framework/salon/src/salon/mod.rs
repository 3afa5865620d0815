//! The handle that an app keeps, and the builder that it comes from.
//!
//! It must never be needed below: what connections and rooms share is in the core.

mod builder;
mod handle;
mod serving;
mod signal;

pub use builder::Builder;
pub use handle::Salon;
pub use serving::HttpServerExt;

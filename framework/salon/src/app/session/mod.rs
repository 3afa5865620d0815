//! The application's state per connection and namespace, and what its handlers have in hand.
//!
//! It must never be shared: one value, in one connection's actor, without a lock.

mod any_session;
mod asked_once;
mod begun;
mod connected;
mod context;
mod contract;
mod handler;
mod listed;
mod sends;
mod watching;

pub use self::{
    begun::Lapse,
    context::SessionContext,
    contract::{Candidate, Session, SessionEvent, ToSession},
    listed::{SessionEvents, SessionListed},
    sends::SentBySession,
};

pub(crate) use self::{
    any_session::{AnySession, AnyStep, Unconnected},
    listed::{Called, Conclude, Concluded, Resume},
};

pub(super) use self::{
    any_session::{MakeSession, NoSession},
    connected::make,
    listed::SessionRoute,
};

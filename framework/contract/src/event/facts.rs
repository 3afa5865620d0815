//! What a type says of itself as an event, as a value: what a document of all events is made of.
//!
//! It must be cheap to have: constants of the type, and names.

use std::any::{TypeId, type_name};

use super::{event::Event, policy::Policy, shape::Shape};
use crate::schema::Schemas;

/// What a type says of itself as an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EventFacts {
    /// Its name on the wire.
    pub name: &'static str,
    /// The type's name, for messages.
    pub type_name: &'static str,
    /// How its value becomes a payload.
    pub shape: Shape,
    /// What its derive says beside its name and its route.
    pub policy: Policy,
    /// What its JSON looks like.
    pub schemas: Schemas,
    /// Whether what acknowledges it carries something.
    pub is_answered: bool,
}

impl EventFacts {
    /// Those of `E`.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            type_name: type_name::<E>(),
            shape: E::SHAPE,
            policy: E::POLICY,
            schemas: E::SCHEMAS,
            is_answered: TypeId::of::<E::Reply>() != TypeId::of::<()>(),
        }
    }
}

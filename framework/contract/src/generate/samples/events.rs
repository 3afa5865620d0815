//! Events as their derive would describe them.

use schemars::JsonSchema;

use crate::{
    document::EventFacts,
    event::{Policy, Shape},
    schema::{Of, Schemas},
};

/// An event of that type, which `R` acknowledges.
pub(super) fn event<T: JsonSchema, R: JsonSchema>(name: &'static str) -> EventFacts {
    EventFacts {
        name,
        type_name: std::any::type_name::<T>(),
        shape: Shape::Single,
        policy: Policy::new(),
        schemas: Schemas { payload: Of::<T>::SCHEMA, reply: Of::<R>::SCHEMA, key: None },
        is_answered: !std::any::type_name::<R>().eq("()"),
    }
}

/// One that carries nothing.
pub(super) fn empty<T: JsonSchema, R: JsonSchema>(name: &'static str) -> EventFacts {
    EventFacts { shape: Shape::Empty, ..event::<T, R>(name) }
}

/// One that carries several values.
pub(super) fn several<T: JsonSchema, R: JsonSchema>(name: &'static str) -> EventFacts {
    EventFacts { shape: Shape::Positional, ..event::<T, R>(name) }
}

impl EventFacts {
    pub(super) fn keyed(mut self, key: &'static str) -> Self {
        self.schemas.key = Some(key);
        self
    }

    pub(super) fn with(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }
}

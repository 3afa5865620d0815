//! What the events of a Salon app are, and what they carry.
//!
//! An [`Event`] is a struct with a name, a [`Policy`](event::Policy) and a reply; a [`Payload`] is what
//! goes over a wire of it, and a [`Refusal`] why one was not handled. An app names all of this by
//! `salon`; whatever reads or writes its contract without serving it, such as a generator or a codec,
//! needs no more than this crate.
//!
//! It must never know a connection, a room's actor, a wire or a transport: nothing here does I/O,
//! spawns, or reads a clock.

// Whoever matches on an enum can be broken by one more: each says why it is whole, or can grow.
#![warn(clippy::exhaustive_enums)]

#[cfg(feature = "schema")]
pub mod document;
mod each_tuple;
pub mod event;
#[doc(hidden)]
pub mod excerpt;
#[cfg(feature = "schema")]
pub mod generate;
#[doc(hidden)]
pub mod logged;
pub mod payload;
mod rate;
pub mod refusal;
pub mod refusals;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub mod schema;

pub use self::{
    event::Event,
    payload::Payload,
    rate::Rate,
    refusal::{Code, Refusal},
    refusals::Refusals,
};

/// What the derive expands to of an event's schemas: nothing, where nobody makes a contract of them.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schemas {
    ($($key:literal)?) => {};
}

/// What the derive expands to of an event's schemas, and of the field with its room's key.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! __schemas {
    () => {
        $crate::__schemas!(@ ::core::option::Option::None);
    };
    ($key:literal) => {
        $crate::__schemas!(@ ::core::option::Option::Some($key));
    };
    (@ $key:expr) => {
        const SCHEMAS: $crate::schema::Schemas = {
            #[allow(unused_imports, reason = "it is what is found where a type has no schema")]
            use $crate::schema::Unknown as _;
            $crate::schema::Schemas {
                payload: <$crate::schema::Of<Self>>::SCHEMA,
                reply: <$crate::schema::Of<<Self as $crate::Event>::Reply>>::SCHEMA,
                key: $key,
            }
        };
    };
}

//! What the JSON of an event looks like, by the schemas of its type and of its reply.
//!
//! It must never make one before somebody asks for the contract: an event has two functions here, and
//! nothing is made of them while an app runs.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::payload::Binary;

/// Makes the schema of one type.
pub type Make = fn(&mut SchemaGenerator) -> Schema;

/// The schemas of an event, as far as its types have them.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the macros make one")]
pub struct Schemas {
    /// Of the event's own type.
    pub payload: Option<Make>,
    /// Of what acknowledges it.
    pub reply: Option<Make>,
    /// If it goes to a room: the field with the room's key, as it is called in Rust or by its
    /// `#[serde(rename)]`; the number of it, if it has no name.
    pub key: Option<&'static str>,
}

impl Schemas {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { payload: None, reply: None, key: None };
}

/// Asks whether a type has a schema: `<Of<T>>::SCHEMA` is the constant here if it has, and that of
/// [`Unknown`] if not.
#[derive(Debug)]
pub struct Of<T: ?Sized>(PhantomData<T>);

impl<T: JsonSchema + ?Sized> Of<T> {
    /// The type's own.
    pub const SCHEMA: Option<Make> = Some(SchemaGenerator::subschema_for::<T>);
}

/// A type of which nothing is known, as any is that has no schema.
pub trait Unknown {
    /// There is none.
    const SCHEMA: Option<Make> = None;
}

impl<T: ?Sized> Unknown for Of<T> {}

/// Bytes are base64 text wherever they are not aside.
impl JsonSchema for Binary {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Binary".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

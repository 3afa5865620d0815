//! How a struct becomes the payload of an event.
//!
//! It must stay a plain fact about the type: serde does the work.

/// How the value of an event becomes a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// The whole value is one: structs with named fields, newtypes, enums.
    Single,
    /// Each field of a tuple struct is one.
    Positional,
    /// Nothing: unit structs.
    Empty,
}

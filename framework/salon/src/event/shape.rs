//! How a struct becomes the arguments of an event.
//!
//! It must stay a plain fact about the type: serde does the work.

/// How the value of an event becomes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// The whole value is one argument: structs with named fields, newtypes, enums.
    Single,
    /// Each field of a tuple struct is an argument.
    Positional,
    /// No arguments: unit structs.
    Empty,
}

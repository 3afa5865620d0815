//! What the server tells its clients, as a value, before any protocol writes it.
//!
//! A [`Publication`] says what it is: an event with its payload and its place in an order, an answer, a
//! word about a session. What may be done with it is decided by that, and never by its bytes: a
//! [`Codec`] makes those, once for each protocol, whoever gets them. Nothing here may know a wire.

mod codec;
mod content;
mod form;
mod place;
mod publication;
mod refused;

pub use self::place::{Place, Position};

pub(crate) use self::{
    codec::Codec,
    content::{Content, Ordered},
    form::{FRONT, Form, Layer},
    place::{Epoch, PlaceOf},
    publication::Publication,
    refused::refused,
};

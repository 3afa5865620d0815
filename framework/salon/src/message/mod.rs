//! What the server tells its clients, as a value, before any protocol writes it.
//!
//! A [`Publication`] says what it is: an event with its payload and its place in an order, an answer, a
//! word about a session. What may be done with it is decided by that, and never by its bytes: a
//! [`Codec`] makes those, once for each protocol, whoever gets them. Nothing here may know a wire.

mod answered;
mod awaited;
mod class;
mod codec;
mod content;
mod delivery;
mod form;
mod forms;
mod offset;
mod position;
mod publication;
mod reader;
mod refused;
mod topic;
mod welcome;

pub use self::position::{At, Position};

pub(crate) use self::{
    answered::Answered,
    awaited::{AwaitedId, AwaitedIds, Ledger, Place},
    class::Class,
    codec::{Codec, CodecId, Farewell},
    content::{Content, Ordered},
    delivery::Delivery,
    form::{FRONT, Form, Layer, PLAIN_FRONT},
    offset::Offset,
    position::{Epoch, PositionOf, Seen},
    publication::{Kept, Log, Publication, Stretch},
    reader::{Listener, Reader},
    refused::{ToldRefusal, ToldRefused, as_acknowledgement, refused},
    topic::Topic,
    welcome::{Posting, Welcome},
};

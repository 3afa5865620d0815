//! What an event with mistakes expands to, beside the mistakes.
//!
//! It implements the traits all the same, with values that harm nobody, so that one mistake is one
//! error and not a hundred of “is not an event” wherever the type is used. It must never be
//! expanded without a mistake beside it: it does not do what the user wrote.

use syn::DeriveInput;

use crate::{
    attributes::Attributes,
    check,
    model::{Event, Key, Loss, Room, Senders, Shape},
};

/// An event of this type that keeps what is known of its types: the reply and the room, which
/// handlers name as well.
pub(crate) fn event<'a>(input: &'a DeriveInput, attributes: &Attributes) -> Event<'a> {
    let room = attributes.room.as_ref().and_then(|room| room.value.as_ref());
    Event {
        ident: &input.ident,
        generics: &input.generics,
        salon: check::salon(attributes),
        name: String::new(),
        shape: Shape::Single,
        loss: Loss::None,
        throttle: None,
        closes: false,
        acked: None,
        once: None,
        rate: None,
        auth: false,
        permission: None,
        // A guard that is none would be a mistake of its own, and is said of the derive's first.
        guards: Vec::new(),
        refuses: None,
        reply: check::reply(attributes),
        room: room.map(|room| Room {
            path: room.path.clone(),
            senders: Senders::Member,
            key: Key::Nowhere,
            called: String::new(),
        }),
    }
}

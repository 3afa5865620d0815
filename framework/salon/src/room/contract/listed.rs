//! The list of events that a room handles.
//!
//! It must never be needed at run time to decide a type: a listed event without a handler does not
//! compile.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    entry::ToRoom,
    guard::Guards,
    room::{Room, RoomEvent, RoomEvents, TakesEvents},
};
use crate::event::{Event, Later, On, OnLater, lists};

/// What is in the list of a room: `E` where `R: On<E>`, `Later<E>` where `R: OnLater<E>`, or a list
/// of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in the list of events of the room `{R}`",
    note = "a list within the list can be there if each event that is in it can",
    note = "an event of the room derives `Event` with `room = {R}(key_field)`, and `Deserialize`",
    note = "`Later<E>` needs `impl OnLater<E> for {R}`, and `E` alone `impl On<E> for {R}`",
    note = "each `guard` of its derive needs `impl Guard<E>`, with the `Identity` of `{R}`"
)]
pub trait RoomListed<R: Room> {
    #[doc(hidden)]
    fn list(takes: &mut impl TakesEvents<R>);
}

/// Where an event of a room goes that is in the list of the room `R`: `L` is what is listed.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the event `{L}` does not go to the room `{R}`",
    label = "it goes to another, by its derive",
    note = "name this room in its derive, `room = {R}(key_field)`; or handle it in the room that is named there"
)]
pub trait LeadsToRoom<R: Room, L> {
    #[doc(hidden)]
    fn list(takes: &mut impl TakesEvents<R>);
}

impl<R, E> RoomListed<R> for E
where
    R: Room,
    E: RoomEvent + Event<Route: LeadsToRoom<R, E>>,
{
    fn list(takes: &mut impl TakesEvents<R>) {
        <E::Route as LeadsToRoom<R, E>>::list(takes);
    }
}

impl<R, E> RoomListed<R> for Later<E>
where
    R: Room,
    E: RoomEvent + Event<Route: LeadsToRoom<R, Self>>,
{
    fn list(takes: &mut impl TakesEvents<R>) {
        <E::Route as LeadsToRoom<R, Self>>::list(takes);
    }
}

impl<R, E> LeadsToRoom<R, E> for ToRoom<R>
where
    R: Room + On<E>,
    E: RoomEvent<Room = R> + Event<Route = Self> + DeserializeOwned + Send + 'static,
    E::Reply: Serialize,
    E::Guards: Guards<E, R::Identity>,
{
    fn list(takes: &mut impl TakesEvents<R>) {
        takes.at_once::<E>();
    }
}

impl<R, E> LeadsToRoom<R, Later<E>> for ToRoom<R>
where
    R: Room + OnLater<E>,
    E: RoomEvent<Room = R> + Event<Route = Self> + DeserializeOwned + Send + 'static,
    E::Reply: Serialize,
    E::Guards: Guards<E, R::Identity>,
{
    fn list(takes: &mut impl TakesEvents<R>) {
        takes.later::<E>();
    }
}

lists!(R: Room, RoomEvents, RoomListed, impl TakesEvents<R>);

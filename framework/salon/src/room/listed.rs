//! The list of events that a room handles.
//!
//! It must never be needed at run time to decide a type: a listed event without a handler does not
//! compile.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    contract::Room,
    entry::{RoomEvent, ToRoom},
    guard::Guards,
};
use crate::event::{Event, Later, On, OnLater, lists};

/// A list of the events that the room `R` handles: a tuple of them, or of further lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of events of the room `{R}`",
    note = "a list is a tuple of up to 16: `(Join, Say)`, or `(Join,)` with its comma for one alone",
    note = "more than 16 events go into lists of their own: `((Join, Leave), (Say, Edit))`"
)]
pub trait RoomEvents<R: Room> {
    #[doc(hidden)]
    fn list(takes: &mut impl TakesEvents<R>);
}

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

/// Takes the events of a list, one after the other.
#[doc(hidden)]
pub trait TakesEvents<R: Room> {
    /// One that is answered at once.
    fn at_once<E>(&mut self)
    where
        R: On<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>;

    /// One that is answered by a future.
    fn later<E>(&mut self)
    where
        R: OnLater<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>;
}

lists!(R: Room, RoomEvents, RoomListed, impl TakesEvents<R>);

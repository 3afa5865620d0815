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

impl<R, E> RoomListed<R> for E
where
    R: Room + On<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
    E::Reply: Serialize,
    E::Guards: Guards<E, R::Identity>,
{
    fn list(takes: &mut impl TakesEvents<R>) {
        takes.at_once::<E>();
    }
}

impl<R, E> RoomListed<R> for Later<E>
where
    R: Room + OnLater<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
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

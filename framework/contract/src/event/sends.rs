//! Lists of what a room or a session sends: tuples of events, and of lists.
//!
//! It must never be needed at run time to decide what may be sent: what is not in the list does not
//! compile.

use std::{
    any::{TypeId, type_name},
    time::Duration,
};

use serde::Serialize;

use super::{event::Event, loss::Loss};

/// A list of the events that a room or a session sends: a tuple of them, or of further lists.
///
/// It is not for others to implement: every tuple of up to 16 is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of events that are sent",
    note = "a list is a tuple of up to 16: `(Said, Left)`, or `(Said,)` with its comma for one alone; \
            `()` if nothing is sent",
    note = "more than 16 events go into lists of their own: `((Said, Left), (Moved, Won))`"
)]
pub trait SentEvents: 'static {
    /// The same as pairs, of the first and the rest.
    #[doc(hidden)]
    type Pairs;
    /// Shows each event, in the order of the list.
    #[doc(hidden)]
    fn each(show: &mut dyn FnMut(SentEvent));
}

/// What is in a list of what is sent: an event that is `Serialize`, or a list of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in a list of events that are sent",
    note = "what is sent derives `Serialize` and `Event`, and has no references: an event \
            `Said<'a>` is listed as `Said<'static>`"
)]
pub trait SentListed: 'static {
    #[doc(hidden)]
    fn each(show: &mut dyn FnMut(SentEvent));
}

/// One event of a list.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct SentEvent {
    pub name: &'static str,
    pub kind: TypeId,
    /// What a client that is slow may miss of it.
    pub loss: Loss,
    /// In how long a client is to acknowledge it, if it is to.
    pub acked: Option<Duration>,
    /// The type's name, for messages.
    pub type_name: &'static str,
    /// What is said of it in the contract.
    #[cfg(feature = "schema")]
    pub facts: super::facts::EventFacts,
}

impl<E: Event + Serialize + 'static> SentListed for E {
    fn each(show: &mut dyn FnMut(SentEvent)) {
        show(SentEvent {
            name: E::NAME,
            kind: TypeId::of::<E>(),
            loss: E::POLICY.loss,
            acked: E::POLICY.acked,
            type_name: type_name::<E>(),
            #[cfg(feature = "schema")]
            facts: super::facts::EventFacts::of::<E>(),
        });
    }
}

/// Says that the event `E` is in a list of pairs; `At` is where, and the compiler finds it.
#[doc(hidden)]
pub trait Includes<E, At> {}

/// It is the first.
#[doc(hidden)]
#[derive(Debug)]
pub enum First {}

/// It is in the list that is the first.
#[doc(hidden)]
#[derive(Debug)]
pub struct InFirst<At>(std::marker::PhantomData<At>);

/// It is in the rest.
#[doc(hidden)]
#[derive(Debug)]
pub struct InRest<At>(std::marker::PhantomData<At>);

impl<E, Rest> Includes<E, First> for (E, Rest) {}

impl<E, List: SentEvents, Rest, At> Includes<E, InFirst<At>> for (List, Rest) where
    List::Pairs: Includes<E, At>
{
}

impl<E, Head, Rest: Includes<E, At>, At> Includes<E, InRest<At>> for (Head, Rest) {}

/// Makes a tuple a list, and one that may stand in another.
macro_rules! sent_list {
    (() $($event:ident)*) => {
        impl<$($event: SentListed),*> SentEvents for ($($event,)*) {
            type Pairs = pairs!($($event)*);

            fn each(show: &mut dyn FnMut(SentEvent)) {
                $(<$event as SentListed>::each(show);)*
                let _ = show;
            }
        }

        impl<$($event: SentListed),*> SentListed for ($($event,)*) {
            fn each(show: &mut dyn FnMut(SentEvent)) {
                <Self as SentEvents>::each(show);
            }
        }
    };
}

macro_rules! pairs {
    () => { () };
    ($first:ident $($rest:ident)*) => { ($first, pairs!($($rest)*)) };
}

crate::each_tuple! { [sent_list] () }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Nowhere, Policy, Shape};

    macro_rules! events {
        ($($event:ident: $name:literal),*) => {
            $(
                #[derive(Serialize)]
                struct $event;

                impl Event for $event {
                    const NAME: &'static str = $name;
                    const SHAPE: Shape = Shape::Empty;
                    const POLICY: Policy = Policy::new();
                    type Static = Self;
                    type Reply = ();
                    type Route = Nowhere;
                    type Guards = ();
                }
            )*
        };
    }

    events!(Said: "said", Left: "left", Moved: "moved");

    fn names<L: SentEvents>() -> Vec<&'static str> {
        let mut names = Vec::new();
        L::each(&mut |event| names.push(event.name));
        names
    }

    #[test]
    fn a_list_is_walked_in_its_order_and_lists_in_it_where_they_stand() {
        assert_eq!(names::<(Moved, (Said, ((), Left)))>(), ["moved", "said", "left"]);
        assert!(names::<()>().is_empty());
    }

    #[test]
    fn an_event_is_found_at_any_depth() {
        const fn includes<L: SentEvents, E, At>()
        where
            L::Pairs: Includes<E, At>,
        {
        }
        includes::<(Said,), Said, _>();
        includes::<(Said, Left), Left, _>();
        includes::<((Moved, (Said,)), (), Left), Said, _>();
    }
}

//! Lists of events: tuples of events, and of lists.
//!
//! It must never know who handles them: a room and a session each say what becomes of one event.

/// Makes every tuple of up to 16 a list of events, and one that may stand in another.
///
/// `lists!(R: Room, RoomEvents, RoomListed, impl TakesEvents<R>)` implements `RoomEvents<R>` and
/// `RoomListed<R>` for tuples of what is `RoomListed<R>`: by giving, one after the other, what is in
/// them to whatever takes it. They are two, though they do the same: of a tuple that is `RoomEvents` the
/// compiler knows that it is no event, and says which event of it has no handler.
macro_rules! lists {
    ($of:ident: $kind:ident, $list:ident, $listed:ident, $routes:ty) => {
        salon_contract::each_tuple! { [$crate::event::list] ($of $kind $list $listed [$routes]) }
    };
}

/// Makes one of them.
macro_rules! list {
    (($of:ident $kind:ident $list:ident $listed:ident [$routes:ty]) $($event:ident)*) => {
        impl<$of: $kind, $($event: $listed<$of>),*> $list<$of> for ($($event,)*) {
            fn list(routes: &mut $routes) {
                $($event::list(routes);)*
                let _ = routes;
            }
        }

        impl<$of: $kind, $($event: $listed<$of>),*> $listed<$of> for ($($event,)*) {
            fn list(routes: &mut $routes) {
                <Self as $list<$of>>::list(routes);
            }
        }
    };
}

pub(crate) use {list, lists};

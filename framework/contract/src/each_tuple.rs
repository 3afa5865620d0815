//! Tuples of up to 16, which lists of events are.

/// Makes something for each of them: `each_tuple! { [make] (of, it) }` is `make! { (of, it) }`, then
/// `make! { (of, it) A }`, `make! { (of, it) A B }` and so on. For Salon's own lists.
#[doc(hidden)]
#[macro_export]
macro_rules! each_tuple {
    ([$($make:tt)*] $told:tt) => {
        $crate::each_tuple! { @ [$($make)*] $told () A B C D E F G H I J K L M N O P }
    };
    (@ $make:tt $told:tt ($($event:ident)*) $next:ident $($after:ident)*) => {
        $crate::each_tuple! { @ $make $told ($($event)*) }
        $crate::each_tuple! { @ $make $told ($($event)* $next) $($after)* }
    };
    (@ [$($make:tt)*] $told:tt ($($event:ident)*)) => {
        $($make)*! { $told $($event)* }
    };
}

//! What may stand where arguments are asked for.
//!
//! It must never accept a bare value: whether a list is one argument or several would be a guess.

use serde::Serialize;

use super::{ArgumentError, Arguments, Value};

/// What becomes the arguments of an event or an acknowledgement: `()`, a tuple of up to eight
/// serializable values, a list of [`Value`]s, or [`Arguments`] themselves.
///
/// ```
/// use salon::wire::socket_io::IntoArguments;
///
/// assert_eq!((1, "two", [3]).into_arguments()?.json(), r#"1,"two",[3]"#);
/// assert!(().into_arguments()?.is_empty());
/// # Ok::<(), salon::wire::socket_io::ArgumentError>(())
/// ```
pub trait IntoArguments {
    /// Makes the arguments.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Unserializable`] if a value has no JSON form.
    fn into_arguments(self) -> Result<Arguments, ArgumentError>;
}

impl IntoArguments for Arguments {
    fn into_arguments(self) -> Result<Arguments, ArgumentError> {
        Ok(self)
    }
}

impl IntoArguments for () {
    fn into_arguments(self) -> Result<Arguments, ArgumentError> {
        Ok(Arguments::none())
    }
}

impl IntoArguments for Vec<Value> {
    fn into_arguments(self) -> Result<Arguments, ArgumentError> {
        Arguments::encode_positional(&self)
    }
}

macro_rules! tuple {
    ($($name:ident)+) => {
        impl<$($name: Serialize),+> IntoArguments for ($($name,)+) {
            fn into_arguments(self) -> Result<Arguments, ArgumentError> {
                Arguments::encode_positional(&self)
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

//! What may stand where arguments are asked for.
//!
//! It must never accept a bare value: whether a list is one argument or several would be a guess.

use serde::Serialize;

use super::{ArgumentError, Arguments, Value};

/// What becomes the arguments of an event or an acknowledgement: `()`, a tuple of up to eight
/// serializable values, a list of [`Value`]s, or [`Arguments`] themselves. It is not for others to
/// implement.
///
/// ```
/// use salon::wire::socket_io::IntoArguments;
///
/// assert_eq!((1, "two", [3]).into_arguments()?.json(), r#"1,"two",[3]"#);
/// assert!(().into_arguments()?.is_empty());
/// # Ok::<(), salon::wire::socket_io::ArgumentError>(())
/// ```
pub trait IntoArguments: sealed::Sealed {
    /// Makes the arguments.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Unserializable`] if a value has no JSON form.
    fn into_arguments(self) -> Result<Arguments, ArgumentError>;
}

mod sealed {
    /// What may stand for arguments, and nothing else.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot stand for arguments by an implementation of its own",
        label = "`IntoArguments` is not for others to implement",
        note = "pass a tuple of its parts, a list of `Value`s, or `Arguments` that were made of it"
    )]
    pub trait Sealed {}
}

impl sealed::Sealed for Arguments {}
impl sealed::Sealed for () {}
impl sealed::Sealed for Vec<Value> {}

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
        impl<$($name: Serialize),+> sealed::Sealed for ($($name,)+) {}

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

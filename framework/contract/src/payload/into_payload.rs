//! What may stand where arguments are asked for.
//!
//! It must never accept a bare value: whether a list is one argument or several would be a guess.

use serde::Serialize;

use super::{Payload, PayloadError, Value};

/// What becomes the arguments of an event or an acknowledgement: `()`, a tuple of up to eight
/// serializable values, a list of [`Value`]s, or [`Payload`] themselves. It is not for others to
/// implement.
///
/// ```
/// use salon::IntoPayload;
///
/// assert_eq!((1, "two", [3]).into_payload()?.json(), r#"1,"two",[3]"#);
/// assert!(().into_payload()?.is_empty());
/// # Ok::<(), salon::PayloadError>(())
/// ```
pub trait IntoPayload: sealed::Sealed {
    /// Makes the arguments.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Unserializable`] if a value has no JSON form.
    fn into_payload(self) -> Result<Payload, PayloadError>;

    /// The same, to be kept: nothing else stays in memory for its sake.
    #[doc(hidden)]
    fn into_kept_payload(self) -> Result<Payload, PayloadError>
    where
        Self: Sized,
    {
        self.into_payload()
    }
}

mod sealed {
    /// What may stand for arguments, and nothing else.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot stand for arguments by an implementation of its own",
        label = "`IntoPayload` is not for others to implement",
        note = "pass a tuple of its parts, a list of `Value`s, or `Payload` that were made of it"
    )]
    pub trait Sealed {}
}

impl sealed::Sealed for Payload {}
impl sealed::Sealed for () {}
impl sealed::Sealed for Vec<Value> {}

impl IntoPayload for Payload {
    fn into_payload(self) -> Result<Payload, PayloadError> {
        Ok(self)
    }

    fn into_kept_payload(self) -> Result<Payload, PayloadError> {
        Ok(self.detached())
    }
}

impl IntoPayload for () {
    fn into_payload(self) -> Result<Payload, PayloadError> {
        Ok(Payload::none())
    }
}

impl IntoPayload for Vec<Value> {
    fn into_payload(self) -> Result<Payload, PayloadError> {
        Payload::encode_positional(&self)
    }
}

macro_rules! tuple {
    ($($name:ident)+) => {
        impl<$($name: Serialize),+> sealed::Sealed for ($($name,)+) {}

        impl<$($name: Serialize),+> IntoPayload for ($($name,)+) {
            fn into_payload(self) -> Result<Payload, PayloadError> {
                Payload::encode_positional(&self)
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

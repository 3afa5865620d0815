//! By what two events of one name are about the same: the value of one of their fields, as text.
//!
//! It must never have two texts for equal values of one type, nor one for two that differ.

use std::borrow::Cow;

/// What may be the key of an event.
///
/// - `#[event("chat:say", once = id)]`: an event with a key that came before is the same one, sent again.
///   One whose key is `None` has none, and is handled each time that it comes.
/// - `#[event("cursor:moved", latest = by)]`: of events with equal keys a newer one takes the place of an
///   older one. Here `None` is a key of its own: all that have it are one.
///
/// Text, whole numbers, `bool`, `char`, and an `Option` of them. A type of your own says which of these it
/// is:
///
/// ```
/// use std::borrow::Cow;
///
/// use salon::{event::EventKey, prelude::*};
///
/// #[derive(Serialize, Deserialize)]
/// struct OrderId(u64);
///
/// impl EventKey for OrderId {
///     fn key(&self) -> Option<Cow<'_, str>> {
///         self.0.key()
///     }
/// }
///
/// #[derive(Deserialize, Event)]
/// #[event("order:place", once = id)]
/// struct Place { id: OrderId, article: String }
///
/// #[derive(Serialize, Event)]
/// #[event("order:progress", latest = order)]
/// struct Progress { order: OrderId, percent: u8 }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an event",
    label = "not a key",
    note = "a key is a text, a whole number, a `bool` or a `char`, or an `Option` of them; for a type of \
            your own, `impl salon::event::EventKey for {Self}`"
)]
pub trait EventKey {
    /// The key as a text; nothing if there is none.
    fn key(&self) -> Option<Cow<'_, str>>;
}

/// What is a text as it stands.
macro_rules! texts {
    ($($text:ty),*) => {
        $(impl EventKey for $text {
            fn key(&self) -> Option<Cow<'_, str>> {
                Some(Cow::Borrowed(self))
            }
        })*
    };
}

/// What is written as a text.
macro_rules! written {
    ($($value:ty),*) => {
        $(impl EventKey for $value {
            fn key(&self) -> Option<Cow<'_, str>> {
                Some(Cow::Owned(self.to_string()))
            }
        })*
    };
}

texts!(str, String, Box<str>, Cow<'_, str>);
written!(bool, char, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl<T: EventKey> EventKey for Option<T> {
    fn key(&self) -> Option<Cow<'_, str>> {
        self.as_ref()?.key()
    }
}

impl<T: EventKey + ?Sized> EventKey for &T {
    fn key(&self) -> Option<Cow<'_, str>> {
        (**self).key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_keys_whatever_holds_them() {
        let (text, boxed) = (String::from("anna"), Box::<str>::from("anna"));
        let (borrowed, referred) = (Cow::Borrowed("anna"), &text);
        let keys = [
            text.key(),
            "anna".key(),
            boxed.key(),
            borrowed.key(),
            Some("anna").key(),
            (&referred).key(),
        ];
        assert!(keys.iter().all(|key| key.as_deref() == Some("anna")), "{keys:?}");
        assert_eq!((-7_i64).key().as_deref(), Some("-7"));
        assert_eq!('7'.key(), 7_u8.key());
        assert_eq!(true.key().as_deref(), Some("true"));
    }

    #[test]
    fn nothing_is_no_key_and_an_empty_text_is_one() {
        assert_eq!(None::<u32>.key(), None);
        assert_eq!("".key().as_deref(), Some(""));
    }
}

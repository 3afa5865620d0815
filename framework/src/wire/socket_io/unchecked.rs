//! Events of which nobody has looked yet whether what they carry is JSON.
//!
//! It must never give such arguments out as if they were checked: they are read into one type,
//! which checks them all, or checked first.

use bytestring::ByteString;
use serde::de::DeserializeOwned;

use super::{Arguments, DecodeError, Packet, attachments, event_data::EventData};

/// What a message was, as far as [`Decoder::decode_lazily`](super::Decoder::decode_lazily) had to
/// look.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// A packet, checked throughout.
    Packet(Packet),
    /// An event whose arguments nobody has read.
    Event(UncheckedEvent),
}

impl Decoded {
    /// The packet, checked throughout.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Json`] if the arguments are no JSON.
    pub fn check(self) -> Result<Packet, DecodeError> {
        match self {
            Self::Packet(packet) => Ok(packet),
            Self::Event(event) => event.check(),
        }
    }
}

/// An event whose name is known, and of whose arguments nobody knows whether they are JSON.
///
/// Whoever knows the type of its argument reads that at once; anybody else has it checked first.
///
/// ```
/// use salon::config::Limits;
/// use salon::wire::{engine_io::Message, socket_io::{Decoded, JsonParser, Parser}};
///
/// let mut decoder = JsonParser.decoder(&Limits::default());
/// let mut decode = |text: &str| decoder.decode_lazily(Message::Text(text.into()));
///
/// let Some(Decoded::Event(event)) = decode(r#"2["say",{"text":"hi"}]"#)? else { panic!("an event") };
/// assert_eq!(event.name, "say");
/// assert_eq!(event.arguments.check()?.json(), r#"{"text":"hi"}"#);
///
/// let Some(Decoded::Event(event)) = decode(r#"2["say",{"text":]"#)? else { panic!("an event") };
/// assert!(event.arguments.check().is_err());
/// # Ok::<(), salon::wire::socket_io::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UncheckedEvent {
    /// Where it happened.
    pub namespace: ByteString,
    /// What the acknowledgement is to be labelled with, if one is asked for.
    pub id: Option<u64>,
    /// The event's name.
    pub name: ByteString,
    /// What follows the name.
    pub arguments: UncheckedArguments,
}

impl UncheckedEvent {
    /// The same as a packet, checked throughout.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Json`] if the arguments are no JSON.
    pub fn check(self) -> Result<Packet, DecodeError> {
        let Self { namespace, id, name, arguments } = self;
        Ok(Packet::Event { namespace, id, name, arguments: arguments.check()? })
    }
}

/// Arguments as a client sent them, which may be no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncheckedArguments(Inner);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    /// Somebody has looked already.
    Checked(Arguments),
    /// The packet's text, where the event's list begins in it, with its name and its brackets, and
    /// where the arguments begin.
    Text { text: ByteString, list: usize, arguments: usize },
}

impl UncheckedArguments {
    /// The arguments of a list that [`EventData::name_of`] has looked at.
    pub(super) fn new(text: ByteString, list: usize, arguments: usize) -> Self {
        Self(Inner::Text { text, list, arguments })
    }

    /// The arguments, which are JSON.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Json`] if they are not; the connection that sent them is then to be closed.
    pub fn check(self) -> Result<Arguments, DecodeError> {
        match self.0 {
            Inner::Checked(arguments) => Ok(arguments),
            Inner::Text { text, list, .. } => {
                let list = text.slice_ref(text.get(list..).unwrap_or_default());
                let EventData { arguments, .. } = EventData::decode(&list)?;
                Ok(Arguments::from_parts(arguments, Vec::new()))
            }
        }
    }

    /// The one argument as a `T`, by which it is checked as well: one pass over the text. Nothing if
    /// it is no `T`, or not the only one, or checked already; then [`UncheckedArguments::check`]
    /// says what it is.
    pub(crate) fn single<T: DeserializeOwned>(&self) -> Option<T> {
        let Inner::Text { text, arguments, .. } = &self.0 else { return None };
        // With nothing but one value up to the bracket, the whole list is JSON.
        let argument = text.get(*arguments..)?.strip_suffix(']')?;
        attachments::provide(&[], || serde_json::from_str(argument)).ok()
    }
}

impl From<Arguments> for UncheckedArguments {
    fn from(arguments: Arguments) -> Self {
        Self(Inner::Checked(arguments))
    }
}

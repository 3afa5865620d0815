//! Events of which nobody has looked yet whether what they carry is JSON.
//!
//! It must never give such arguments out as if they were checked: they are read into one type,
//! which checks them all, or checked first.

use bytestring::ByteString;

use super::{DecodeError, Packet};
use salon_contract::payload::UncheckedPayload;

/// What a message was, as far as [`Decoder::decode_lazily`](super::Decoder::decode_lazily) had to
/// look.
///
/// ```
/// use salon_wire::socket_io::{Decoded, Packet};
///
/// let packet = Packet::Disconnect { namespace: "/".into() };
/// assert_eq!(Decoded::Packet(packet.clone()).check()?, packet);
/// # Ok::<(), salon_wire::socket_io::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a packet is read or it is not")]
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
/// use salon_wire::{
///     engine_io::Message,
///     socket_io::{Decoded, JsonParser, PacketLimits, Parser},
/// };
///
/// let mut decoder = JsonParser.decoder(&PacketLimits::default());
/// let mut decode = |text: &str| decoder.decode_lazily(Message::Text(text.into()));
///
/// let Some(Decoded::Event(event)) = decode(r#"2["say",{"text":"hi"}]"#)? else { panic!("an event") };
/// assert_eq!(event.name, "say");
/// assert_eq!(event.arguments.check()?.json(), r#"{"text":"hi"}"#);
///
/// let Some(Decoded::Event(event)) = decode(r#"2["say",{"text":]"#)? else { panic!("an event") };
/// assert!(event.arguments.check().is_err());
/// # Ok::<(), salon_wire::socket_io::DecodeError>(())
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
    pub arguments: UncheckedPayload,
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

#[cfg(test)]
mod tests {
    use std::fmt;

    use proptest::prelude::*;
    use salon_contract::payload::Value;
    use serde::{
        Deserialize, Deserializer,
        de::{DeserializeOwned, IgnoredAny, Visitor},
    };

    use super::*;
    use crate::{
        engine_io::Message,
        socket_io::{JsonParser, PacketLimits, Parser as _},
    };

    /// Asks for bytes, for which serde_json looks at a string less closely than for text.
    #[derive(Debug, PartialEq)]
    struct Raw(Vec<u8>);

    impl<'de> Deserialize<'de> for Raw {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct RawVisitor;

            impl Visitor<'_> for RawVisitor {
                type Value = Raw;

                fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str("bytes")
                }

                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
                    Ok(Raw(bytes.to_vec()))
                }
            }

            deserializer.deserialize_bytes(RawVisitor)
        }
    }

    /// Takes whatever comes, and reads none of it.
    #[derive(Debug, PartialEq)]
    struct Careless;

    impl<'de> Deserialize<'de> for Careless {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }

    fn decoded(list: &str) -> Option<UncheckedEvent> {
        let text = format!("2/a,7{list}");
        let mut decoder = JsonParser.decoder(&PacketLimits::default());
        match decoder.decode_lazily(Message::Text(text.into())) {
            Ok(Some(Decoded::Event(event))) => Some(event),
            _ => None,
        }
    }

    /// Whoever reads the argument as a `T` gets what reading it after a check gets, or nothing.
    fn reads_as_checked<T>(list: &str) -> Result<(), TestCaseError>
    where
        T: DeserializeOwned + PartialEq + fmt::Debug,
    {
        let Some(event) = decoded(list) else { return Ok(()) };
        let Some(read) = event.arguments.single::<T>() else { return Ok(()) };
        let checked = event.arguments.check();
        prop_assert!(checked.is_ok(), "{list} is no JSON, and was read as {read:?}");
        prop_assert_eq!(checked.unwrap().single::<T>().unwrap(), read);
        Ok(())
    }

    #[test]
    fn an_event_in_its_plainest_form_is_left_unchecked() {
        let event = decoded(r#"["say", {"text":"hi"} ]"#).expect("it is left unchecked");
        assert_eq!((&*event.namespace, event.id, &*event.name), ("/a", Some(7), "say"));
        assert_eq!(event.arguments.single(), Some(serde_json::json!({ "text": "hi" })));
        assert_eq!(event.arguments.check().unwrap().json(), r#"{"text":"hi"}"#);
        for list in ["[\"say\"]", "[\"s\\u0061y\",1]", "[7,1]", "[\"say\",\n1]", "[\"say\",1] "] {
            assert_eq!(decoded(list), None, "{list}");
        }
    }

    #[test]
    fn what_is_no_json_is_never_read() {
        for arguments in ["", "1,", "1]", "1 2", "nul", "{\"a\":}", "\"x", "\"\u{1}\"", "[1", "01"]
        {
            let list = format!("[\"say\",{arguments}]");
            reads_as_checked::<IgnoredAny>(&list).unwrap();
            reads_as_checked::<Raw>(&list).unwrap();
            reads_as_checked::<Careless>(&list).unwrap();
            let packet = Decoded::Event(match decoded(&list) {
                Some(event) => event,
                None => continue,
            });
            assert!(matches!(packet.check(), Err(DecodeError::Json { .. })), "{list}");
        }
    }

    proptest! {
        #[test]
        fn to_read_the_argument_is_to_check_it(
            list in r#"\["[a-c]{0,3}",(\{"a":|"[\x01 a-c"\\]{0,4}"|\\ud800|[\[\]{}:," ]|-?[0-9]{1,2}|1e9{0,3}|null|true){0,6}\]"#,
        ) {
            reads_as_checked::<IgnoredAny>(&list)?;
            reads_as_checked::<Value>(&list)?;
            reads_as_checked::<Raw>(&list)?;
            reads_as_checked::<Careless>(&list)?;
            reads_as_checked::<f64>(&list)?;
            reads_as_checked::<Vec<Raw>>(&list)?;
        }
    }
}

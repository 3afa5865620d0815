//! Packets from MessagePack maps, held to the same rules as JSON packets.
//!
//! It must never be more lenient than the JSON decoder: both feed the same handlers.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use salon_contract::{Payload, excerpt::shape};
use serde::{
    Deserializer as _,
    de::{self, IgnoredAny, MapAccess, Visitor},
};

use super::{
    text::Key,
    transcode::{MAX_DEPTH, Transcoder, Written, check_end},
};
use crate::{
    engine_io::Message,
    socket_io::{
        DecodeError, Decoder, EventData, MsgpackError, Packet, PacketLimits, check_placeholders,
        limited_namespace,
    },
};

/// The decoder of one connection that speaks MessagePack.
pub(super) struct MsgpackDecoder {
    max_name: usize,
    max_attachment_bytes: usize,
}

impl MsgpackDecoder {
    pub(super) fn new(limits: &PacketLimits) -> Self {
        Self { max_name: limits.max_name, max_attachment_bytes: limits.max_attachment_bytes }
    }

    fn decode_map(&self, input: &Bytes) -> Result<Option<Packet>, DecodeError> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(&**input);
        deserializer.set_max_depth(MAX_DEPTH);
        let read = deserializer.deserialize_any(MapVisitor { input }).map_err(MsgpackError::of);
        let map = read.and_then(|map| check_end(&mut deserializer).map(|()| map));
        self.packet(map.map_err(|source| DecodeError::Msgpack { source })?)
    }

    fn packet(&self, map: Map) -> Result<Option<Packet>, DecodeError> {
        let namespace = limited_namespace(map.namespace.unwrap_or_default(), self.max_name)?;
        let json = map.data.unwrap_or_default();
        let id = map.id;
        let packet = match map.kind {
            Some(0) => {
                let auth =
                    if json.is_empty() { None } else { Some(EventData::decode_object(&json)?) };
                Packet::Connect { namespace, auth }
            }
            Some(1) if json.is_empty() => Packet::Disconnect { namespace },
            Some(1) => {
                return Err(DecodeError::Data {
                    found: shape(&json),
                    expected: "empty, as a disconnect's data is",
                });
            }
            Some(2) => {
                let EventData { name, arguments } = EventData::decode(&json)?;
                let arguments = self.arguments(arguments, map.attachments)?;
                Packet::Event { namespace, id, name, arguments }
            }
            Some(3) => {
                let arguments = EventData::decode_arguments(&json)?;
                let arguments = self.arguments(arguments, map.attachments)?;
                match id {
                    Some(id) => Packet::Ack { namespace, id, arguments },
                    // The answer to nothing.
                    None => return Ok(None),
                }
            }
            Some(4) => Packet::ConnectError { namespace, data: json },
            Some(kind) => return Err(DecodeError::UnknownType { found: kind.to_string() }),
            None => return Err(DecodeError::UnknownType { found: "none".to_owned() }),
        };
        Ok(Some(packet))
    }

    fn arguments(&self, json: ByteString, attachments: Vec<Bytes>) -> Result<Payload, DecodeError> {
        let length: usize = attachments.iter().map(Bytes::len).sum();
        if length > self.max_attachment_bytes {
            return Err(DecodeError::AttachmentsTooLarge {
                length,
                max_attachment_bytes: self.max_attachment_bytes,
            });
        }
        if !attachments.is_empty() {
            // An ordinary object may look like a placeholder.
            check_placeholders(&json, attachments.len())?;
        }
        Ok(Payload::from_parts(json, attachments))
    }
}

impl Decoder for MsgpackDecoder {
    fn decode(&mut self, message: Message) -> Result<Option<Packet>, DecodeError> {
        match message {
            Message::Binary(input) => self.decode_map(&input),
            Message::Text(text) => Err(DecodeError::Msgpack {
                source: MsgpackError::custom(format_args!(
                    "{} came as text; both sides must use the msgpack parser",
                    shape(&text)
                )),
            }),
        }
    }

    fn is_reconstructing(&self) -> bool {
        false
    }
}

/// A packet's map, as it came; a key that comes twice has its last value, as in JavaScript.
#[derive(Default)]
struct Map {
    kind: Option<u64>,
    namespace: Option<ByteString>,
    /// JSON.
    data: Option<ByteString>,
    attachments: Vec<Bytes>,
    id: Option<u64>,
}

struct MapVisitor<'a> {
    input: &'a Bytes,
}

impl MapVisitor<'_> {
    /// The next value as JSON, which there is none of for `undefined`, and the bytes in it.
    fn json<'de, A: MapAccess<'de>>(
        &self,
        entries: &mut A,
    ) -> Result<(Option<ByteString>, Vec<Bytes>), A::Error> {
        let mut transcoder = Transcoder::new(self.input);
        if entries.next_value_seed(&mut transcoder)? == Written::Undefined {
            return Ok((None, Vec::new()));
        }
        transcoder.check_lookalikes()?;
        let json = ByteString::try_from(transcoder.json).map_err(de::Error::custom)?;
        Ok((Some(json), transcoder.attachments))
    }
}

impl<'de> Visitor<'de> for MapVisitor<'_> {
    type Value = Map;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map with type, nsp and data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Map, A::Error> {
        let mut map = Map::default();
        while let Some(Key(key)) = entries.next_key()? {
            match key.as_str() {
                "type" => map.kind = Some(entries.next_value()?),
                "nsp" => map.namespace = Some(entries.next_value::<String>()?.into()),
                "id" => {
                    let (id, _) = self.json(&mut entries)?;
                    map.id = id.map(|id| id.parse()).transpose().map_err(de::Error::custom)?;
                }
                "data" => (map.data, map.attachments) = self.json(&mut entries)?,
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(map)
    }
}

//! Packets from JSON text and the attachments that follow it.
//!
//! It must never keep more than one unfinished packet, nor attachments beyond the limits.

use bytes::Bytes;
use bytestring::ByteString;
use salon_contract::{Payload, excerpt::shape, payload::UncheckedPayload};

use super::{
    DecodeError, Decoded, Packet, UncheckedEvent, event_data::EventData, packet::limited_namespace,
    packet_limits::PacketLimits, parser::Decoder, placeholder::check_placeholders,
};
use crate::engine_io::Message;

/// The decoder of one connection that speaks JSON.
pub(super) struct JsonDecoder {
    // In four bytes each: every connection has a decoder.
    max_name: u32,
    max_attachments: u32,
    max_attachment_bytes: usize,
    /// Boxed: most connections never have one.
    unfinished: Option<Box<Unfinished>>,
}

impl JsonDecoder {
    pub(super) fn new(limits: &PacketLimits) -> Self {
        Self {
            max_name: limits.max_name.try_into().unwrap_or(u32::MAX),
            max_attachments: limits.max_attachments.try_into().unwrap_or(u32::MAX),
            max_attachment_bytes: limits.max_attachment_bytes,
            unfinished: None,
        }
    }

    fn decode_text(&mut self, text: ByteString) -> Result<Option<Decoded>, DecodeError> {
        if let Some(unfinished) = self.unfinished.take() {
            return Err(DecodeError::UnexpectedText { missing: unfinished.missing() });
        }
        let mut rest = Rest { text: &text, at: 0 };
        let kind = rest.take_one();
        let due = match kind {
            "5" | "6" => rest.attachments(self.max_attachments as usize)?,
            _ => 0,
        };
        let namespace = rest.namespace(self.max_name as usize)?;
        let id = rest.id()?;
        let list = rest.at;
        if kind == "2"
            && let Some((name, begin)) = EventData::name_of(rest.as_str())
        {
            let name = text.slice_ref(name);
            let arguments = UncheckedPayload::new(text, list, list + begin);
            let event = UncheckedEvent { namespace, id, name, arguments };
            return Ok(Some(Decoded::Event(event)));
        }
        let json = text.slice_ref(rest.as_str());
        let packet = match kind {
            "0" => connect(namespace, &json)?,
            "1" => disconnect(namespace, &json)?,
            // The reference lets them through, and nobody hears of them. What has no comma is all
            // namespace, and no such one is joined.
            "2" | "3" if json.is_empty() && (namespace == "/" || text.ends_with(',')) => {
                return Ok(None);
            }
            "2" | "5" => {
                let EventData { name, arguments } = EventData::decode(&json)?;
                let arguments = Payload::from_parts(arguments, Vec::new());
                Packet::Event { namespace, id, name, arguments }
            }
            "3" | "6" => {
                let arguments = EventData::decode_arguments(&json)?;
                let arguments = Payload::from_parts(arguments, Vec::new());
                match id {
                    Some(id) => Packet::Ack { namespace, id, arguments },
                    // The answer to nothing.
                    None if due == 0 => return Ok(None),
                    None => return Err(DecodeError::Id { found: shape(&json) }),
                }
            }
            "4" => Packet::ConnectError { namespace, data: json },
            "" => return Err(DecodeError::Empty),
            found => return Err(DecodeError::UnknownType { found: found.to_owned() }),
        };
        if due == 0 {
            return Ok(Some(Decoded::Packet(packet)));
        }
        let unfinished = Unfinished { packet, due, length: 0, attachments: Vec::new() };
        self.unfinished = Some(Box::new(unfinished));
        Ok(None)
    }

    fn decode_binary(&mut self, bytes: Bytes) -> Result<Option<Decoded>, DecodeError> {
        let Some(mut unfinished) = self.unfinished.take() else {
            return Err(DecodeError::UnexpectedBinary { length: bytes.len() });
        };
        unfinished.push(bytes, self.max_attachment_bytes)?;
        if unfinished.missing() == 0 {
            return unfinished.finish().map(Decoded::Packet).map(Some);
        }
        self.unfinished = Some(unfinished);
        Ok(None)
    }
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, message: Message) -> Result<Option<Packet>, DecodeError> {
        self.decode_lazily(message)?.map(Decoded::check).transpose()
    }

    fn decode_lazily(&mut self, message: Message) -> Result<Option<Decoded>, DecodeError> {
        match message {
            Message::Text(text) => self.decode_text(text),
            Message::Binary(bytes) => self.decode_binary(bytes),
        }
    }

    fn is_reconstructing(&self) -> bool {
        self.unfinished.is_some()
    }
}

fn connect(namespace: ByteString, json: &ByteString) -> Result<Packet, DecodeError> {
    let auth = if json.is_empty() { None } else { Some(EventData::decode_object(json)?) };
    Ok(Packet::Connect { namespace, auth })
}

fn disconnect(namespace: ByteString, json: &ByteString) -> Result<Packet, DecodeError> {
    if json.is_empty() {
        return Ok(Packet::Disconnect { namespace });
    }
    Err(DecodeError::Data { found: shape(json), expected: "empty, as a disconnect's data is" })
}

/// A binary packet whose attachments have not all come.
struct Unfinished {
    packet: Packet,
    due: usize,
    length: usize,
    attachments: Vec<Bytes>,
}

impl Unfinished {
    fn missing(&self) -> usize {
        self.due - self.attachments.len()
    }

    fn push(&mut self, bytes: Bytes, max_attachment_bytes: usize) -> Result<(), DecodeError> {
        self.length = self.length.saturating_add(bytes.len());
        if self.length > max_attachment_bytes {
            return Err(DecodeError::AttachmentsTooLarge {
                length: self.length,
                max_attachment_bytes,
            });
        }
        self.attachments.push(bytes);
        Ok(())
    }

    fn finish(mut self) -> Result<Packet, DecodeError> {
        if let Packet::Event { arguments, .. } | Packet::Ack { arguments, .. } = &mut self.packet {
            let json: ByteString = arguments.json_text().clone();
            check_placeholders(&json, self.due)?;
            *arguments = Payload::from_parts(json, self.attachments);
        }
        Ok(self.packet)
    }
}

/// A text of which the beginning was read.
struct Rest<'a> {
    text: &'a ByteString,
    at: usize,
}

impl<'a> Rest<'a> {
    fn as_str(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes one character, or none at the end.
    fn take_one(&mut self) -> &'a str {
        let rest = self.as_str();
        let end = rest.chars().next().map_or(0, char::len_utf8);
        self.at += end;
        &rest[..end]
    }

    /// Takes the characters before the first that is not a digit.
    fn take_digits(&mut self) -> &'a str {
        let rest = self.as_str();
        let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// The number of attachments and its hyphen.
    fn attachments(&mut self, max_attachments: usize) -> Result<usize, DecodeError> {
        let rest = self.as_str();
        let digits = self.take_digits();
        let wrong = || DecodeError::AttachmentCount { found: shape(rest) };
        if self.take_one() != "-" {
            return Err(wrong());
        }
        match digits.parse::<usize>() {
            Err(_) | Ok(0) => Err(wrong()),
            Ok(count) if count > max_attachments => {
                Err(DecodeError::TooManyAttachments { count, max_attachments })
            }
            Ok(count) => Ok(count),
        }
    }

    /// The namespace and its comma, which may be missing at the end of the text; `/` if there is
    /// none.
    fn namespace(&mut self, max_name: usize) -> Result<ByteString, DecodeError> {
        let rest = self.as_str();
        if !rest.starts_with('/') {
            return Ok(ByteString::from_static("/"));
        }
        let end = rest.find(',').unwrap_or(rest.len());
        self.at = (self.at + end + 1).min(self.text.len());
        limited_namespace(self.text.slice_ref(&rest[..end]), max_name)
    }

    fn id(&mut self) -> Result<Option<u64>, DecodeError> {
        match self.take_digits() {
            "" => Ok(None),
            digits => {
                digits.parse().map(Some).map_err(|_| DecodeError::Id { found: shape(digits) })
            }
        }
    }
}

//! Packets as JSON text, character by character what the reference writes.
//!
//! It must never serialize: arguments are JSON already, whoever made them.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Messages, PacketRef};
use salon_contract::Payload;

use crate::engine_io::Message;

/// The text of `packet`, then its attachments.
pub(super) fn encode(packet: PacketRef<'_>) -> Messages {
    let mut messages = Messages::from(Message::Text(text("", packet).into()));
    messages.extend(attachments(packet).iter().cloned().map(Message::Binary));
    messages
}

/// The text of `packet` behind `front`, if it has no attachments.
pub(super) fn encode_behind(front: &str, packet: PacketRef<'_>) -> Option<String> {
    attachments(packet).is_empty().then(|| text(front, packet))
}

fn attachments(packet: PacketRef<'_>) -> &[Bytes] {
    match packet {
        PacketRef::Event { arguments, .. } | PacketRef::Ack { arguments, .. } => {
            arguments.attachments()
        }
        PacketRef::Connect { .. }
        | PacketRef::Disconnect { .. }
        | PacketRef::ConnectError { .. } => &[],
    }
}

fn text(front: &str, packet: PacketRef<'_>) -> String {
    match packet {
        PacketRef::Connect { namespace, auth } => {
            let auth = auth.map(|auth| &**auth).unwrap_or_default();
            Head::new(front, '0', namespace).with([auth])
        }
        PacketRef::Disconnect { namespace } => Head::new(front, '1', namespace).with([]),
        PacketRef::ConnectError { namespace, data } => {
            Head::new(front, '4', namespace).with([data])
        }
        PacketRef::Event { namespace, id, name, arguments, last } => {
            let (name, json) = (escaped(name), arguments.json());
            let head = Head { id, ..Head::new(front, '2', namespace) };
            let head = head.with_attachments('5', arguments);
            // An app may have made arguments of blanks, which are none.
            let is_blank = |first: &u8| first.is_ascii_whitespace() && json.trim().is_empty();
            let json = if json.as_bytes().first().is_some_and(is_blank) { "" } else { json };
            let before_json = if json.is_empty() { "\"" } else { "\"," };
            match last {
                None => head.with(["[\"", &name, before_json, json, "]"]),
                Some(last) => head.with(["[\"", &name, before_json, json, ",", last, "]"]),
            }
        }
        PacketRef::Ack { namespace, id, arguments } => {
            let head = Head { id: Some(id), ..Head::new(front, '3', namespace) };
            head.with_attachments('6', arguments).with(["[", arguments.json(), "]"])
        }
    }
}

/// What stands before the data.
struct Head<'a> {
    /// What is in front of the text.
    front: &'a str,
    kind: char,
    attachments: usize,
    namespace: &'a str,
    id: Option<u64>,
}

impl<'a> Head<'a> {
    fn new(front: &'a str, kind: char, namespace: &'a str) -> Self {
        Self { front, kind, attachments: 0, namespace, id: None }
    }

    /// The same, of the binary kind if there are attachments.
    fn with_attachments(mut self, binary: char, arguments: &Payload) -> Self {
        self.attachments = arguments.attachments().len();
        if self.attachments > 0 {
            self.kind = binary;
        }
        self
    }

    /// The text that starts with this head and goes on with `data`, in one allocation.
    fn with<const N: usize>(self, data: [&str; N]) -> String {
        let data_len: usize = data.iter().map(|part| part.len()).sum();
        let mut text = String::with_capacity(self.front.len() + self.len() + data_len);
        text.push_str(self.front);
        text.push(self.kind);
        if self.attachments > 0 {
            text.push_str(itoa::Buffer::new().format(self.attachments));
            text.push('-');
        }
        if self.namespace != "/" {
            text.push_str(self.namespace);
            text.push(',');
        }
        if let Some(id) = self.id {
            text.push_str(itoa::Buffer::new().format(id));
        }
        for part in data {
            text.push_str(part);
        }
        text
    }

    fn len(&self) -> usize {
        let attachments =
            if self.attachments > 0 { digits(self.attachments as u64) + 1 } else { 0 };
        let namespace = if self.namespace == "/" { 0 } else { self.namespace.len() + 1 };
        1 + attachments + namespace + self.id.map_or(0, digits)
    }
}

/// Decimal digits of `number`.
fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// `text` within the quotes of a JSON string.
#[expect(
    clippy::inline_always,
    reason = "measured: with every packet, and mostly one look at its bytes"
)]
#[inline(always)]
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::to_string(text).expect("a text always serializes");
    Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
}

//! Packets as JSON text, character by character what the reference writes.
//!
//! It must never serialize: arguments are JSON already, whoever made them.

use std::{borrow::Cow, fmt::Write as _};

use bytes::Bytes;

use super::{Arguments, Packet, parser::Messages};
use crate::wire::engine_io::Message;

/// The text of `packet`, then its attachments.
pub(super) fn encode(packet: &Packet) -> Messages {
    let mut messages = Messages::new();
    match packet {
        Packet::Connect { namespace, auth } => {
            let auth = auth.as_deref().unwrap_or_default();
            messages.push(Head { kind: '0', attachments: 0, namespace, id: None }.with(&[auth]));
        }
        Packet::Disconnect { namespace } => {
            messages.push(Head { kind: '1', attachments: 0, namespace, id: None }.with(&[]));
        }
        Packet::ConnectError { namespace, data } => {
            messages.push(Head { kind: '4', attachments: 0, namespace, id: None }.with(&[data]));
        }
        Packet::Event { namespace, id, name, arguments } => {
            let name = escaped(name);
            let after = if arguments.json().is_empty() { "\"" } else { "\"," };
            let head = Head::with_arguments(['2', '5'], namespace, *id, arguments);
            messages.push(head.with(&["[\"", &name, after, arguments.json(), "]"]));
            messages.extend(binary_messages(arguments));
        }
        Packet::Ack { namespace, id, arguments } => {
            let head = Head::with_arguments(['3', '6'], namespace, Some(*id), arguments);
            messages.push(head.with(&["[", arguments.json(), "]"]));
            messages.extend(binary_messages(arguments));
        }
    }
    messages
}

/// What stands before the data.
struct Head<'a> {
    kind: char,
    attachments: usize,
    namespace: &'a str,
    id: Option<u64>,
}

impl<'a> Head<'a> {
    fn with_arguments(
        [plain, binary]: [char; 2],
        namespace: &'a str,
        id: Option<u64>,
        arguments: &Arguments,
    ) -> Self {
        let attachments = arguments.attachments().len();
        Self { kind: if attachments == 0 { plain } else { binary }, attachments, namespace, id }
    }

    /// The message that starts with this head and goes on with `data`, in one allocation.
    fn with(self, data: &[&str]) -> Message {
        let data_len: usize = data.iter().map(|part| part.len()).sum();
        let mut text = String::with_capacity(self.len() + data_len);
        text.push(self.kind);
        if self.attachments > 0 {
            write!(text, "{}-", self.attachments).expect("a String takes any text");
        }
        if self.namespace != "/" {
            text.push_str(self.namespace);
            text.push(',');
        }
        if let Some(id) = self.id {
            write!(text, "{id}").expect("a String takes any text");
        }
        text.extend(data.iter().copied());
        Message::Text(text.into())
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
fn escaped(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::to_string(text).expect("a text always serializes");
    Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
}

fn binary_messages(arguments: &Arguments) -> impl Iterator<Item = Message> + '_ {
    arguments.attachments().iter().map(Bytes::clone).map(Message::Binary)
}

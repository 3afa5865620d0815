//! What a durable room has its store keep, as bytes: JSON that a person can read, with a checksum behind
//! it.
//!
//! It must never take what it has not written for something that it has: a file may be torn, or a bit of it
//! flipped.

use std::time::SystemTime;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    base::refusal::{Code, Refusal},
    message::{Epoch, Reader},
    once::{Answered, Id, Of},
    payload::Payload,
};

/// Hexadecimal digits of a checksum.
const CHECKSUM: usize = 8;

/// How many records of a kind there have been, beside events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::room) struct Last {
    pub(in crate::room) answer: u64,
    pub(in crate::room) member: u64,
}

/// What a room says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::room) struct Head {
    /// Of the order that it publishes in.
    pub(in crate::room) epoch: String,
    /// The number of the last that it has published.
    pub(in crate::room) seq: u64,
    /// The number of the last answer that is kept.
    pub(in crate::room) answer: u64,
    /// The number of the last member that is kept.
    pub(in crate::room) member: u64,
}

/// An event that was published.
#[derive(Serialize, Deserialize)]
pub(super) struct EventRecord {
    #[serde(rename = "e")]
    pub(super) name: ByteString,
    /// Milliseconds since 1970.
    #[serde(rename = "t")]
    pub(super) at: u64,
    #[serde(rename = "p")]
    pub(super) payload: PayloadRecord,
    /// Who was left out.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<ReaderRecord>,
}

/// What it carries.
#[derive(Serialize, Deserialize)]
pub(super) struct PayloadRecord {
    /// The values, as a list.
    #[serde(rename = "v")]
    values: Box<RawValue>,
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<String>,
}

/// Who reads what is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct ReaderRecord {
    #[serde(rename = "s")]
    session: ByteString,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    subject: Option<ByteString>,
}

/// What an event was answered that is to be handled once.
#[derive(Serialize, Deserialize)]
pub(in crate::room) struct AnswerRecord {
    /// Whose it was, if it is somebody's.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<ByteString>,
    /// By which session, if it is nobody's in particular.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<ByteString>,
    #[serde(rename = "e")]
    pub(super) event: String,
    #[serde(rename = "k")]
    pub(super) key: String,
    /// A hash of what it carried.
    #[serde(rename = "h")]
    pub(super) payload: u64,
    #[serde(rename = "t")]
    pub(super) at: u64,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<PayloadRecord>,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<RefusalRecord>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RefusalRecord {
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<serde_json::Value>,
}

/// Since when somebody has been a member.
#[derive(Serialize, Deserialize)]
pub(super) struct MemberRecord {
    #[serde(rename = "u")]
    pub(super) subject: ByteString,
    #[serde(rename = "n")]
    pub(super) since: u64,
}

impl EventRecord {
    /// What is published with that name and payload, if it can be kept.
    pub(super) fn new(
        name: &ByteString,
        payload: &Payload,
        at: u64,
        left_out: Option<&Reader>,
    ) -> Option<Self> {
        let left_out = left_out.map(|Reader { session, subject }| ReaderRecord {
            session: session.clone(),
            subject: subject.clone(),
        });
        Some(Self { name: name.clone(), at, payload: PayloadRecord::of(payload)?, left_out })
    }
}

impl From<ReaderRecord> for Reader {
    fn from(ReaderRecord { session, subject }: ReaderRecord) -> Self {
        Self { session, subject }
    }
}

impl PayloadRecord {
    /// Nothing if it is no JSON: the application may have made it up.
    pub(super) fn of(payload: &Payload) -> Option<Self> {
        let values = RawValue::from_string(format!("[{}]", payload.json())).ok()?;
        let attachments = payload.attachments().iter().map(|it| STANDARD.encode(it)).collect();
        Some(Self { values, attachments })
    }
}

impl TryFrom<PayloadRecord> for Payload {
    type Error = NotARecord;

    fn try_from(PayloadRecord { values, attachments }: PayloadRecord) -> Result<Self, NotARecord> {
        let list = values.get();
        let values = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let decoded = attachments.iter().map(|text| Ok(STANDARD.decode(text)?.into()));
        let attachments = decoded.collect::<Result<_, base64::DecodeError>>();
        let attachments = attachments.map_err(|_| NotARecord)?;
        Ok(Self::from_parts(values.ok_or(NotARecord)?.into(), attachments))
    }
}

impl AnswerRecord {
    /// What that event was answered.
    pub(in crate::room) fn new(of: Of, answered: &Answered, at: SystemTime) -> Self {
        let Of { who, event, key, payload } = of;
        let (subject, session) = match who.id {
            Id::Subject(subject) => (Some(subject), None),
            Id::Session(session) => (None, Some(session)),
        };
        let (reply, refused) = match answered {
            Ok(reply) => (PayloadRecord::of(reply), None),
            Err(refusal) => (None, Some(RefusalRecord::of(refusal))),
        };
        let (event, key) = (event.into_owned(), key.to_string());
        Self { subject, session, event, key, payload, at: millis(at), reply, refused }
    }
}

impl RefusalRecord {
    pub(super) fn of(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().as_str().to_owned(),
            message: refusal.message().to_owned(),
            data: refusal.data().cloned(),
        }
    }

    /// It is no `From`: what the compiler says to an app of its refusals would list it.
    pub(super) fn into_refusal(self) -> Refusal {
        let Self { code, message, data } = self;
        let refusal = Refusal::new(Code::known(code), message);
        match data {
            Some(data) => refusal.with_data(data),
            None => refusal,
        }
    }
}

impl Head {
    /// Of an order that is called so.
    pub(super) fn new(epoch: Epoch, seq: u64, Last { answer, member }: Last) -> Self {
        Self { epoch: epoch.to_string(), seq, answer, member }
    }
}

/// Milliseconds since the beginning of 1970.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Bytes are none that were written here.
#[derive(Debug)]
pub(in crate::room) struct NotARecord;

/// As it is kept: with a checksum behind it.
pub(in crate::room) fn encode(record: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut bytes = serde_json::to_vec(record)?;
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(format!("{checksum:08x}").as_bytes());
    Ok(bytes.into())
}

/// The JSON that was kept so, if all of it is there and nothing else.
pub(super) fn whole(bytes: &[u8]) -> Result<&[u8], NotARecord> {
    let (json, checksum) =
        bytes.split_at_checked(bytes.len().wrapping_sub(CHECKSUM)).ok_or(NotARecord)?;
    let expected = format!("{:08x}", crc32fast::hash(json));
    if checksum == expected.as_bytes() { Ok(json) } else { Err(NotARecord) }
}

/// What the application has kept so, or where it is of another form.
pub(in crate::room) fn state_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let json = whole(bytes).map_err(|_| "it is not whole".to_owned())?;
    let mut json = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string())
}

/// What was kept so.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NotARecord> {
    serde_json::from_slice(whole(bytes)?).map_err(|_| NotARecord)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_no_flipped_bit_nor_shorter_one_is() {
        let payload =
            Payload::from_parts(r#"{"text":"hi"},2"#.into(), vec![Bytes::from_static(&[0, 255])]);
        let reader = Reader { session: "a".into(), subject: Some("ada".into()) };
        let record = EventRecord::new(&"chat:said".into(), &payload, 7, Some(&reader)).unwrap();
        let bytes = encode(&record).unwrap();
        let read: EventRecord = decode(&bytes).unwrap();
        assert_eq!((&*read.name, read.at), ("chat:said", 7));
        assert!(Reader::from(read.left_out.unwrap()).is_same(&reader));
        let read = Payload::try_from(read.payload).unwrap();
        assert_eq!((read.json(), read.attachments()), (payload.json(), payload.attachments()));
        for place in 0..bytes.len() {
            assert!(decode::<EventRecord>(&bytes[..place]).is_err(), "{place}");
            for bit in 0..8 {
                let mut flipped = bytes.to_vec();
                flipped[place] ^= 1 << bit;
                assert!(decode::<EventRecord>(&flipped).is_err(), "{place} {bit}");
            }
        }
    }

    #[test]
    fn a_refusal_is_read_as_it_was_written() {
        let own =
            Refusal::new(Code::RateLimited, "slower").with_data(serde_json::json!({ "n": 1 }));
        for refusal in [own, Refusal::other("full", "no seat is left")] {
            let bytes = encode(&RefusalRecord::of(&refusal)).unwrap();
            let read: RefusalRecord = decode(&bytes).unwrap();
            assert_eq!(read.into_refusal(), refusal);
        }
    }

    #[test]
    fn what_is_no_json_is_not_kept() {
        assert!(PayloadRecord::of(&Payload::from_parts("{".into(), Vec::new())).is_none());
        assert!(PayloadRecord::of(&Payload::none()).is_some());
    }
}

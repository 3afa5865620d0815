//! Frames as MessagePack: the very lists, in which bytes are bytes.
//!
//! It must never let these frames differ from those in JSON: both are read by the same decoder.

use bytes::Bytes;
use salon_contract::{Payload, excerpt::shape, payload::Value};

use super::{Frame, FrameError, FrameRef};
use crate::{
    msgpack::to_json,
    socket_io::{MsgpackError, check_placeholders},
};

impl Frame {
    /// Reads one message of `salon.v1.msgpack`. Bytes in it become attachments of what the frame carries,
    /// dates the text that JSON gives them.
    ///
    /// ```
    /// use salon_wire::typed::Frame;
    ///
    /// let frame = Frame::decode_msgpack(&vec![0x93, 7, 0xa1, b'a', 0xc4, 1, 255].into())?;
    /// let Frame::Event { id: Some(7), name, payload } = frame else { panic!("an event") };
    /// let payload = payload.check()?;
    /// assert_eq!((&*name, &*payload.attachments()[0]), ("a", &[255][..]));
    /// # Ok::<(), salon_wire::typed::FrameError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FrameError`] if it is no frame, or more than one.
    pub fn decode_msgpack(message: &Bytes) -> Result<Self, FrameError> {
        let (json, bytes) = to_json(message).map_err(|source| FrameError::Msgpack { source })?;
        let mut frame = Self::decode(json)?;
        if let Self::Event { id: Some(id), .. } = frame
            && i64::try_from(id).is_err()
        {
            // Its answer has no number here.
            return Err(FrameError::Id { found: shape(&id.to_string()) });
        }
        if bytes.is_empty() {
            return Ok(frame);
        }
        let attach = |payload: &Payload| {
            // Those that there are stand for what came: it is how deep they nest that is looked at.
            check_placeholders(payload.json(), bytes.len())
                .map_err(|error| FrameError::Msgpack { source: MsgpackError::custom(error) })?;
            Ok::<_, FrameError>(Payload::from_parts(payload.json_text().clone(), bytes.clone()))
        };
        match &mut frame {
            Self::Event { payload, .. } => *payload = attach(&payload.clone().check()?)?.into(),
            Self::Answer { payload, .. } => *payload = attach(payload)?,
            // Whoever reads it knows no attachments.
            Self::Refusal { error, .. } => {
                let payload = attach(&Payload::from_parts(error.clone(), Vec::new()))?;
                *error = payload.inlined().unwrap_or_default().into();
            }
            Self::Heartbeat => {}
        }
        Ok(frame)
    }
}

impl FrameRef<'_> {
    /// Its message of `salon.v1.msgpack`, in which `attachments` stand where placeholders do; nothing if
    /// what it carries is no JSON, nests beyond 126 levels, or a placeholder in it stands for none of them.
    ///
    /// ```
    /// use salon_wire::typed::FrameRef;
    ///
    /// let values = r#"{"_placeholder":true,"num":0}"#;
    /// let said = FrameRef::Event { id: None, name: "a", values, last: None };
    /// let message = said.write_msgpack(&[vec![255].into()]);
    /// assert_eq!(message.as_deref(), Some(&[0x92, 0xa1, b'a', 0xc4, 1, 255][..]));
    /// ```
    #[must_use]
    pub fn write_msgpack(self, attachments: &[Bytes]) -> Option<Vec<u8>> {
        let list = self.write_behind("");
        let values = list.strip_prefix('[')?.strip_suffix(']')?;
        let payload = Payload::from_parts(values.into(), attachments.to_vec());
        rmp_serde::to_vec_named(&Value::Array(payload.values().ok()?)).ok()
    }
}

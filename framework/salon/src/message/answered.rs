//! What a client answers that was asked: a reply, or that it refuses.
//!
//! It must never take the one for the other where the protocol tells them apart.

use super::ToldRefusal;
use crate::{base::refusal::Refusal, payload::Payload};

/// An answer, as its protocol has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answered {
    /// A reply, whatever it looks like.
    Reply(Payload),
    /// An acknowledgement of Socket.IO, which has no words of its own for a refusal: by custom it is
    /// `{ error: { code, message } }`, and nothing else.
    Acknowledgement(Payload),
    /// A refusal.
    Refused(Refusal),
}

impl Answered {
    /// A refusal, as a client of the plain protocol writes it: what is missing in it makes it no other thing.
    pub(crate) fn refused(error: &str) -> Self {
        Self::Refused(ToldRefusal::of_any_words(error).into_refusal())
    }

    /// What a reply is to be read from.
    ///
    /// # Errors
    /// The refusal, if it is one.
    pub(crate) fn reply(&self) -> Result<&Payload, Refusal> {
        match self {
            Self::Reply(payload) => Ok(payload),
            Self::Acknowledgement(payload) => match ToldRefusal::in_acknowledgement(payload) {
                Some(told) => Err(told.into_refusal()),
                None => Ok(payload),
            },
            Self::Refused(refusal) => Err(refusal.clone()),
        }
    }

    /// What there is, for whoever has no type for it; an acknowledgement as it came.
    ///
    /// # Errors
    /// The refusal, if it says so.
    pub(crate) fn untyped(&self) -> Result<&Payload, Refusal> {
        match self {
            Self::Reply(payload) | Self::Acknowledgement(payload) => Ok(payload),
            Self::Refused(refusal) => Err(refusal.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_whatever_is_missing_in_it() {
        for error in [r#"{"code":"no"}"#, r#"{"code":"no","message":null}"#, "{}", r#"{"code":7}"#]
        {
            let Answered::Refused(refusal) = Answered::refused(error) else { panic!("{error}") };
            assert_eq!(refusal.message(), "", "{error}");
        }
        let told = Answered::refused(r#"{"code":"busy","message":"later","data":[1]}"#);
        let refusal = Refusal::other("busy", "later").with_data(serde_json::json!([1]));
        assert_eq!(told, Answered::Refused(refusal));
    }

    #[test]
    fn only_an_acknowledgement_refuses_by_custom() {
        let payload = Payload::from_parts(
            r#"{"error":{"code":"no","message":"not you"}}"#.into(),
            Vec::new(),
        );
        assert_eq!(Answered::Reply(payload.clone()).reply(), Ok(&payload));
        let refused = Answered::Acknowledgement(payload).reply().map(drop);
        assert_eq!(refused, Err(Refusal::other("no", "not you")));
    }
}

//! What went wrong on the way to a client, as the refusal of whoever's event was handled meanwhile:
//! so that `?` works in handlers.
//!
//! It must never tell one client what another one has said, nor how the server is set up: who is
//! refused need not be the one that was sent or asked something.

use crate::{
    base::refusal::{Code, Refusal},
    outbox::NotQueued,
    payload::PayloadError,
    session::acknowledgement::AskError,
};

/// So `?` passes on, to the sender of the event that is handled, that a question has no answer.
///
/// | error | code |
/// |---|---|
/// | [`Timeout`](AskError::Timeout) | `timeout` |
/// | [`Refused`](AskError::Refused) | `refused`, without the words of whoever was asked |
/// | [`Disconnected`](AskError::Disconnected), [`NotAMember`](AskError::NotAMember): whoever was asked is gone | `disconnected` |
/// | [`TooMany`](AskError::TooMany) | `limit_exceeded` |
/// | [`Payload`](AskError::Payload) of an answer that does not fit | `invalid_payload` |
/// | [`Payload`](AskError::Payload) of a question that has no JSON form, [`ReservedName`](AskError::ReservedName) | `internal`; the cause is logged, and never sent |
/// | [`NotKept`](AskError::NotKept): a durable room asked | `internal` |
///
/// ```
/// use std::time::Duration;
///
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("account:delete")]
/// struct Delete;
///
/// #[derive(Serialize, Event)]
/// #[event("account:sure", reply = bool)]
/// struct Sure;
///
/// struct Account;
///
/// impl Session for Account {
///     type Identity = ();
///     type Events = (Later<Delete>,);
///     type Sends = (Sure,);
///
///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
/// }
///
/// impl OnLater<Delete> for Account {
///     fn on_later(&mut self, _: Delete, cx: &mut SessionContext<Self>) -> Answer<()> {
///         let asked = cx.ask(&Sure, Duration::from_secs(30));
///         Answer::later(async move {
///             // Who does not answer in time is refused as `timeout`.
///             if asked.await? {
///                 return Ok(());
///             }
///             Err(Refusal::other("unsure", "Nothing was deleted."))
///         })
///     }
/// }
/// ```
impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Timeout => {
                Self::new(Code::Timeout, "whoever was asked gave no answer in time")
            }
            AskError::Refused(_) => Self::other("refused", "whoever was asked has refused"),
            AskError::Disconnected | AskError::NotAMember => {
                Self::new(Code::Disconnected, "whoever was asked is gone")
            }
            AskError::TooMany(_) => {
                let message = "whoever was asked has too many questions to answer already";
                Self::new(Code::LimitExceeded, message)
            }
            AskError::Payload(PayloadError::Missing { .. } | PayloadError::Invalid { .. }) => {
                Self::new(Code::InvalidPayload, "the answer does not fit what was asked")
            }
            AskError::NotKept => Self::new(
                Code::Internal,
                "what the room did could not be kept, and nobody was asked",
            ),
            AskError::Payload(_) | AskError::ReservedName(_) => Self::internal(error),
        }
    }
}

/// So `?` passes on, to the sender of the event that is handled, that a client was not sent
/// something.
///
/// | error | code |
/// |---|---|
/// | [`Closed`](NotQueued::Closed), [`Lapsed`](NotQueued::Lapsed), [`Overflow`](NotQueued::Overflow): the receiver is gone | `disconnected` |
/// | [`NotWritable`](NotQueued::NotWritable) | `not_writable` |
/// | [`Unserializable`](NotQueued::Unserializable), [`ReservedName`](NotQueued::ReservedName) | `internal`; the cause is logged, and never sent |
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Serialize, Event)]
/// #[event("greeting")]
/// struct Greeting { name: &'static str }
///
/// struct Greeter;
///
/// # impl Session for Greeter {
/// #     type Identity = ();
/// #     type Events = ();
/// #     type Sends = (Greeting,);
/// #     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
/// #         Ok(Self)
/// #     }
/// # }
/// impl Greeter {
///     fn greet(&self, cx: &SessionContext<Self>) -> Result<(), Refusal> {
///         cx.try_emit(&Greeting { name: "Ada" })?;
///         Ok(())
///     }
/// }
/// ```
impl From<NotQueued> for Refusal {
    fn from(error: NotQueued) -> Self {
        match error {
            NotQueued::Closed | NotQueued::Lapsed | NotQueued::Overflow { .. } => {
                Self::new(Code::Disconnected, "whoever was to get it is gone")
            }
            NotQueued::NotWritable | NotQueued::Dropped => {
                Self::other("not_writable", "whoever was to get it cannot take it just now")
            }
            // What is wrong was logged where it was to be sent.
            NotQueued::Unserializable => Self::logged_already(),
            NotQueued::ReservedName(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::Error as _;

    use super::*;
    use crate::{event::ReservedName, payload::JsonError};

    #[test]
    fn a_question_without_an_answer_refuses_by_a_code_of_its_own() {
        let source = || JsonError::custom("their secret");
        let answer =
            PayloadError::Invalid { index: 0, found: "their secret".into(), source: source() };
        let question = PayloadError::Unserializable { source: source() };
        let codes = [
            (AskError::Timeout, Code::Timeout),
            (AskError::Disconnected, Code::Disconnected),
            (AskError::NotAMember, Code::Disconnected),
            (AskError::Refused(Refusal::other("busy", "their secret")), Code::from("refused")),
            (AskError::NotKept, Code::Internal),
            (AskError::TooMany(1234), Code::LimitExceeded),
            (AskError::Payload(PayloadError::Missing { index: 0 }), Code::InvalidPayload),
            (AskError::Payload(answer), Code::InvalidPayload),
            (AskError::Payload(question), Code::Internal),
            (AskError::ReservedName(ReservedName::Salon), Code::Internal),
        ];
        for (error, code) in codes {
            let refusal = Refusal::from(error);
            assert_eq!(*refusal.code(), code);
            let shown = serde_json::to_string(&refusal).expect("a refusal has a JSON form");
            assert!(!shown.contains("secret") && !shown.contains("1234"), "{shown}");
        }
    }

    #[test]
    fn what_was_not_queued_refuses_by_what_became_of_its_receiver() {
        let codes = [
            (NotQueued::Closed, Code::Disconnected),
            (NotQueued::Lapsed, Code::Disconnected),
            (NotQueued::Overflow { bytes: 1234, frames: 1234 }, Code::Disconnected),
            (NotQueued::NotWritable, Code::Other("not_writable".into())),
            (NotQueued::Dropped, Code::Other("not_writable".into())),
            (NotQueued::Unserializable, Code::Internal),
            (NotQueued::ReservedName(ReservedName::SocketIo("disconnect")), Code::Internal),
        ];
        for (error, code) in codes {
            let refusal = Refusal::from(error);
            assert_eq!(*refusal.code(), code);
            let shown = serde_json::to_string(&refusal).expect("a refusal has a JSON form");
            assert!(!shown.contains("1234") && !shown.contains("reserved"), "{shown}");
        }
    }
}

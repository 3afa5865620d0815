//! Whether a handler refuses as its event says that it does.
//!
//! It must never change what the client is told: a contract that is broken is a bug, not an answer.

use salon_contract::event::Event;

use crate::base::refusal::{Code, Refusal};

/// What a handler of `E` answers, as it is. In a debug build a refusal with a code of the application's
/// own is logged that is not among those which the event names, if it names any.
pub(crate) fn expected<E: Event, T>(answer: Result<T, Refusal>) -> Result<T, Refusal> {
    if cfg!(debug_assertions)
        && let (Some(codes), Err(refusal)) = (E::POLICY.refuses, &answer)
        && let Code::Other(code) = refusal.code()
        && !codes.contains(&&**code)
    {
        tracing::warn!(
            event = E::NAME,
            code = &**code,
            "an event is refused with a code that it does not name: put it among those of its `refuses`"
        );
    }
    answer
}

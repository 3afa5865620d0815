//! The rights of a session while it lives: refreshed by its client, asked about again, ended.
//!
//! It must never take no answer for an answer: where an authority or an authenticator fails, what
//! was granted holds until its own end, and not longer.

use std::{pin::pin, sync::Arc};

use bytestring::ByteString;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::oneshot;

use super::{core::Core, resting::Resting};
use crate::{
    app::BuiltNamespace,
    auth::{AnyAuthority, Credential, Credentials, Granted},
    base::{
        clock,
        config::Rate,
        contained::contain,
        meter::Count,
        refusal::{Code, Refusal},
    },
    event::REFRESH,
    hub::{Socket, encode_or_log},
    message::{Class, Publication},
    payload::Payload,
    protocol::Violation,
    room::bounded,
    session::{handle::SessionHandle, membership::Confirmed},
};

/// How often it may: each time costs what connecting costs.
pub(super) const REFRESH_RATE: Rate = Rate::new(1, std::time::Duration::from_secs(1), 5);

/// What a client is told that has refreshed its identity.
#[derive(Serialize)]
struct Refreshed {
    /// From now; nothing if the identity does not lapse.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<u64>,
}

/// What a client is told whose token is not taken, whatever is wrong with it.
pub(super) fn unauthorized() -> Refusal {
    Refusal::unauthorized("a valid token is required")
}

/// Puts what the client presents now in the place of what its identity stood on.
pub(super) async fn refresh(
    core: Arc<Core>,
    socket: Socket,
    payload: Payload,
) -> Result<Payload, Refusal> {
    let handle = socket.handle();
    let auth = Some(presented(&payload)?);
    let longest = core.limits().max_auth_bytes;
    if auth.as_ref().is_some_and(|auth| auth.len() > longest) {
        let long = Violation::LongAuth(longest).to_string();
        return Err(Refusal::new(Code::LimitExceeded, long));
    }
    let credential = authenticate(&core, handle, auth.clone()).await?;
    if core.revocations().refuse(&credential) {
        return Err(unauthorized());
    }
    handle.auth_state.refresh(credential, auth)?;
    // Once more, now that whoever revokes finds it.
    if handle.auth_state.look(|credential| core.revocations().refuse(credential)) {
        lapse(handle, &Code::Revoked, |_| true);
        return Err(unauthorized());
    }
    // It may do other things now than before.
    handle.state.memberships.note_withdrawal();
    handle.state.grants.clear();
    reconsider(&core, handle, |_| true).await;
    let refreshed = Refreshed { expires_in_ms: remaining(&handle.auth_state.credential()) };
    encode_or_log(REFRESH, Payload::encode_single(&refreshed)).ok_or_else(Refusal::logged_already)
}

/// What is presented by a refresh: to the letter, as with a CONNECT, so that an authenticator sees the
/// same of it. Written anew it might be something else, such as one of two tokens of one key.
fn presented(payload: &Payload) -> Result<ByteString, Refusal> {
    let object: Box<RawValue> = payload.confidential()?;
    if !object.get().starts_with('{') {
        let message = "a session is refreshed by one object, as `auth` is one";
        return Err(Refusal::new(Code::InvalidPayload, message));
    }
    Ok(Box::<str>::from(object).into_string().into())
}

/// Asks the authenticator again about what the client presented last. A session that it refuses
/// now ends.
pub(crate) async fn reauthenticate(core: &Arc<Core>, handle: &Arc<SessionHandle>) {
    let (auth, version) = handle.auth_state.presented();
    let (credential, code) = match authenticate(core, handle, auth).await {
        Ok(credential) => (Some(credential), Code::Unauthorized),
        Err(refusal) if !is_answer(&refusal) => return,
        Err(refusal) => (None, refusal.code().clone()),
    };
    if !handle.auth_state.confirm(version, credential) {
        lapse(handle, &code, |_| true);
    } else if handle.auth_state.look(|credential| core.revocations().refuse(credential)) {
        lapse(handle, &Code::Revoked, |_| true);
    }
}

async fn authenticate(
    core: &Arc<Core>,
    handle: &Arc<SessionHandle>,
    auth: Option<ByteString>,
) -> Result<Credential, Refusal> {
    let namespace = namespace(core, handle)?;
    let (handshake, name) = (handle.handshake.clone(), handle.namespace.clone());
    let credentials = Credentials::new(handshake, name, auth, core.tally());
    let asked = pin!(Some(async { (namespace.authenticator.authenticate)(credentials).await }));
    let socket = Socket::new(handle.clone(), core.broadcaster().clone());
    let limit = core.timeouts().middleware;
    let (_, credential) = bounded(&socket, REFRESH, limit, asked).await?.into_parts();
    core.revocations().note_presented(&credential, clock::wall());
    Ok(credential)
}

/// Asks the authority again about what keeps the session in its rooms, and what its handlers have
/// begun, as far as `which` means it. What it has no permission for any more ends.
pub(crate) async fn reconsider(
    core: &Arc<Core>,
    handle: &Arc<SessionHandle>,
    which: impl Fn(&Resting) -> bool,
) {
    let Ok(namespace) = namespace(core, handle) else { return };
    let Some(authority) = &namespace.authority else { return };
    let socket = &Socket::new(handle.clone(), core.broadcaster().clone());
    let resting = Resting::all(handle).into_iter().filter(which);
    let asked = resting.map(|resting| ask_about(core, socket, authority, resting));
    stream::iter(asked).for_each_concurrent(QUESTIONS, |asked| asked).await;
}

/// How many questions about one session an authority is asked at a time.
const QUESTIONS: usize = 16;

/// Asks about one thing that rests on a grant, until the answer is about what the session has now.
async fn ask_about(core: &Core, socket: &Socket, authority: &AnyAuthority, resting: Resting) {
    let (handle, permission) = (socket.handle(), resting.granted().permission);
    let limit = core.timeouts().middleware;
    loop {
        let withdrawals = handle.state.memberships.withdrawals();
        let asked = handle.asked(permission, resting.room().cloned());
        let asked = pin!(Some(async { authority(asked).await }));
        let grant = match bounded(socket, permission, limit, asked).await {
            Ok(grant) if grant.holds(clock::wall) => grant,
            Err(refusal) if !is_answer(&refusal) => return,
            Ok(_) | Err(_) => {
                resting.lose(handle, &Code::Lapsed);
                return;
            }
        };
        let granted = Granted { permission, grant };
        match resting.confirm(handle, granted, withdrawals) {
            Confirmed::Overtaken => {}
            Confirmed::Gone => return,
            Confirmed::Renewed => {
                let max_grants = core.limits().max_grants;
                let room = resting.room().map(|room| &**room);
                handle.state.grants.keep(granted, room, max_grants);
                if handle.state.memberships.withdrawals() != withdrawals {
                    handle.state.grants.forget(room.unwrap_or_default());
                }
                return;
            }
        }
    }
}

/// Whether a refusal says no, rather than that nothing can be said.
fn is_answer(refusal: &Refusal) -> bool {
    !matches!(refusal.code(), Code::Timeout | Code::Internal)
}

/// Ends a session whose right to be there has ended, unless another end, or a refresh, came first:
/// `is_over` looks at what it stands on now. What is returned resolves when its rooms know.
pub(crate) fn lapse(
    handle: &SessionHandle,
    code: &Code,
    is_over: impl FnOnce(&Credential) -> bool,
) -> Option<Vec<oneshot::Receiver<()>>> {
    let farewell = notice(handle, "salon:lapsed", &json!({ "code": code.as_str() }));
    handle.lapse(code, farewell.as_ref(), is_over)
}

/// Tells a client that its identity is about to lapse.
pub(crate) fn announce(handle: &SessionHandle) {
    let soon = json!({ "expires_in_ms": remaining(&handle.auth_state.credential()) });
    if let Some(lapsing) = notice(handle, "salon:lapsing", &soon) {
        // A client that is gone needs no notice.
        let _ = handle.push(&lapsing);
    }
}

fn notice(handle: &SessionHandle, name: &'static str, notice: &Value) -> Option<Publication> {
    let payload = encode_or_log(name, Payload::encode_single(notice))?;
    let name = ByteString::from_static(name);
    Some(Publication::event(handle.namespace.clone(), name, payload, None, Class::Reliable))
}

/// Milliseconds until the identity lapses, if it does.
fn remaining(credential: &Credential) -> Option<u64> {
    let left = credential.expires()?.duration_since(clock::wall()).unwrap_or_default();
    Some(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}

fn namespace(core: &Core, handle: &SessionHandle) -> Result<Arc<BuiltNamespace>, Refusal> {
    // The application may say which names it accepts.
    let found = contain(|| core.namespaces().find(&handle.namespace).cloned());
    let found = found.inspect_err(|_| {
        core.counters().one(Count::HandlerPanics);
        let session = &*handle.id;
        tracing::error!(session, "which namespaces there are panicked");
    })?;
    found.ok_or_else(|| Refusal::internal("the session's namespace is not there"))
}

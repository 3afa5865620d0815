//! A client that leaves a room by its name, whatever events the room has.
//!
//! It must never answer before the room has let it go.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Deserialize;

use super::core::Core;
use crate::{
    base::{
        config::Rate,
        refusal::{Code, Refusal},
    },
    payload::Payload,
    session::handle::SessionHandle,
};

/// How often it may: as often at once as it may be in rooms.
pub(super) const LEAVE_RATE: Rate = Rate::new(100, std::time::Duration::from_secs(1), 1_024);

/// `{ room }`.
#[derive(Deserialize)]
struct Left {
    room: ByteString,
}

/// Has the session leave a room.
pub(super) async fn leave(
    core: Arc<Core>,
    handle: Arc<SessionHandle>,
    payload: Payload,
) -> Result<Payload, Refusal> {
    let Left { room } = payload.single()?;
    let out = handle.state.memberships.ask_to_leave(&room, handle.number);
    let Some(out) = out else {
        return Err(Refusal::new(Code::NotAMember, "the session is in no room of this name"));
    };
    // A room that has ended meanwhile has let everybody go.
    let _ = out.await;
    // What the room has sent is on its way by the shard of this worker: it goes first.
    if let Some(shard) = core.broadcaster().shard(handle.shard) {
        shard.flush();
    }
    Ok(Payload::none())
}

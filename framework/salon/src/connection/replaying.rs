//! A gap that a client sees in the order of a room which it is in: what it missed comes once more.
//!
//! It must never answer ahead of what it asks to be sent.

use std::sync::Arc;

use bytestring::ByteString;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::core::Core;
use crate::{
    base::{
        config::Rate,
        refusal::{Code, Refusal},
    },
    event::REPLAY,
    hub::encode_or_log,
    message::Seen,
    payload::Payload,
    session::{handle::SessionHandle, membership::Replay},
};

/// How often it may: each time costs what the room keeps.
pub(super) const REPLAY_RATE: Rate = Rate::new(10, std::time::Duration::from_secs(1), 20);

/// `{ room, epoch, after, to }`: what has a higher number than `after`, and none higher than `to` if that
/// is said.
#[derive(Deserialize)]
struct Gap {
    room: ByteString,
    epoch: String,
    after: u64,
    to: Option<u64>,
}

/// Up to which number it has come: more is to be asked for.
#[derive(Serialize)]
struct Replayed {
    to: u64,
}

/// Has a room send what a client has missed of it, and says up to which number.
pub(super) async fn replay(
    core: Arc<Core>,
    handle: Arc<SessionHandle>,
    payload: Payload,
) -> Result<Payload, Refusal> {
    let Gap { room, epoch, after, to } = payload.single()?;
    let seen = Seen::new(&epoch, after);
    let (answer, answered) = oneshot::channel();
    let session = handle.number;
    let asked = Replay { session, seen, to: to.unwrap_or(u64::MAX), answer };
    if !handle.state.memberships.replay(&room, asked) {
        return Err(Refusal::new(Code::NotAMember, "only members of the room may ask for that"));
    }
    let closed = |_| Err(Refusal::new(Code::Closed, "the room has ended; join it again"));
    let to = answered.await.unwrap_or_else(closed)?;
    // What the room has sent is on its way by the shard of this worker: it goes first.
    if let Some(shard) = core.broadcaster().shard(handle.shard) {
        shard.flush();
    }
    encode_or_log(REPLAY, Payload::encode_single(&Replayed { to }))
        .ok_or_else(Refusal::logged_already)
}

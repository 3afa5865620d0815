//! A client that comes back to a namespace, and has its session again.
//!
//! It must never give a session to a second connection while the first has it: that one ends before.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Deserialize;

use super::{actor::Connection, core::Core};
use crate::{
    auth::Principal,
    base::refusal::Refusal,
    hub::{Claim, Command, Recovered},
    message::Publication,
    outbox::{End, Outbox},
    session::{
        handle::{Recoverable, SessionHandle},
        session_id::SessionId,
    },
};

/// Where a session comes from.
pub(super) struct Beginning {
    pub(super) id: SessionId,
    /// If it may be recovered.
    pub(super) recoverable: Option<Box<Recoverable>>,
    /// If it was recovered.
    pub(super) recovered: Option<Recovered>,
}

/// What a client presents to have its session back. One that has not seen anything yet has no offset.
#[derive(Deserialize)]
struct Presented {
    pid: String,
    offset: Option<String>,
}

/// What a client presents, if it is that.
fn presented(auth: Option<&ByteString>) -> Option<(SessionId, Option<String>)> {
    let Presented { pid, offset } = serde_json::from_str(auth?).ok()?;
    Some((SessionId::parse(&pid)?, offset))
}

/// Who claims a session.
pub(super) struct Claimant<'a> {
    namespace: &'a ByteString,
    principal: &'a Principal,
    subject: Option<&'a ByteString>,
    /// Which session, if it claims one and sessions come back here.
    presented: Option<(SessionId, Option<String>)>,
}

impl<'a> Claimant<'a> {
    /// Whoever presents that. It is read here: what is asked then may be asked under locks.
    pub(super) fn new(
        core: &Core,
        namespace: &'a ByteString,
        auth: Option<&ByteString>,
        principal: &'a Principal,
        subject: Option<&'a ByteString>,
    ) -> Self {
        let recovery = core.broadcaster().recovery.as_ref();
        let presented = recovery.and_then(|_| presented(auth));
        Self { namespace, principal, subject, presented }
    }

    fn claim(&self) -> Option<Claim<'_>> {
        let Self { namespace, principal, subject, .. } = *self;
        let (private_id, offset) = self.presented.as_ref()?;
        let (private_id, offset) = (*private_id, offset.as_deref());
        Some(Claim { namespace, private_id, offset, principal, subject })
    }

    /// Ends the connection that the client had, if it has not ended yet: it was lost, and the server
    /// has not noticed. Resolves when its session is away.
    pub(super) async fn supersede(&self, core: &Core, outbox: &Arc<Outbox>) {
        let Some(recovery) = &core.broadcaster().recovery else { return };
        let present = self.claim().and_then(|claim| recovery.present(&claim));
        let Some(session) = present else { return };
        if Arc::ptr_eq(&session.outbox, outbox) {
            return;
        }
        tracing::debug!(session = %session.id, "its client has come back on another connection");
        session.request_end(End::Superseded);
        // Where the other worker is stuck the client is better served by a new session.
        let limit = core.timeouts().connect / 2;
        if let Some(recoverable) = &session.recoverable {
            let _ = tokio::time::timeout(limit, recoverable.left.wait()).await;
        }
    }

    /// A new session, or one that the client had before, if it `comes_back` to what it had as a session.
    pub(super) fn beginning(&self, core: &Core, comes_back: bool) -> Result<Beginning, Refusal> {
        let recovery = core.broadcaster().recovery.as_ref().filter(|_| comes_back);
        let Some(recovery) = recovery else {
            return Ok(Beginning { id: SessionId::random()?, recoverable: None, recovered: None });
        };
        let recovered = self.claim().and_then(|claim| {
            let recovered = recovery.recover(&claim)?;
            Some((claim.private_id, recovered))
        });
        Ok(match recovered {
            Some((private_id, recovered)) => {
                let (since, covered) = (recovered.since, Some(recovered.covered));
                let recoverable = Box::new(Recoverable::new(private_id, since, covered));
                let (id, recoverable) = (recovered.id, Some(recoverable));
                Beginning { id, recoverable, recovered: Some(recovered) }
            }
            None => {
                let (private_id, since) = (SessionId::random()?, recovery.begin());
                let recoverable = Box::new(Recoverable::new(private_id, since, None));
                let (id, recoverable) = (SessionId::random()?, Some(recoverable));
                Beginning { id, recoverable, recovered: None }
            }
        })
    }
}

impl Connection {
    /// A session of this connection is there from now on, and in those rooms, once its shard is
    /// [flushed](ShardHandle::flush). What was kept for it since it was decided where it comes from;
    /// nothing if that is gone.
    pub(super) fn enter(
        &self,
        session: &Arc<SessionHandle>,
        rooms: Vec<ByteString>,
    ) -> Option<Vec<Publication>> {
        let queue = |rooms: Vec<ByteString>| {
            let Some(shard) = self.core.broadcaster().shard(self.shard) else { return };
            shard.queue(Command::Register(session.clone()));
            for room in rooms {
                shard.queue(Command::JoinNamed { handle: session.clone(), room });
            }
        };
        let Some(recovery) = &self.core.broadcaster().recovery else {
            queue(rooms);
            return Some(Vec::new());
        };
        recovery.enter(session, self.handle.principal(), &rooms, || queue(rooms.clone()))
    }

    /// A session of this connection has ended, and its code knows; if it may come back it can be claimed
    /// from now on, with those rooms.
    pub(super) fn let_go(&self, session: &SessionHandle, may_return: Option<Vec<ByteString>>) {
        if let Some(recovery) = &self.core.broadcaster().recovery {
            recovery.leave(session, self.handle.principal(), may_return);
        }
        self.core.sessions().remove(session);
    }
}

/// Queues what a session missed.
pub(super) fn replay(session: &SessionHandle, missed: &[Publication]) {
    for publication in missed {
        // A client that is gone again misses it again.
        let _ = session.push_recovered(publication);
    }
}

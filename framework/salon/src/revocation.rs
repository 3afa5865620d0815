//! Taking rights away, and asking about them again, while clients are connected.
//!
//! It must never wait for a client: what is taken is taken when the future resolves, however little
//! the client reads.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::{
    auth::{Right, What, Who},
    base::{clock, logged::Logged, refusal::Code},
    connection::{Core, Resting, lapse, reauthenticate, reconsider},
    session::{handle::SessionHandle, membership::Membership},
};

/// What a revocation has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revoked {
    /// Sessions of whom something was taken, or that could have had it.
    pub sessions: usize,
    /// Memberships of rooms that were lost.
    pub memberships: usize,
}

/// See [`Salon::revoke`](crate::Salon::revoke).
pub(crate) async fn revoke(core: &Arc<Core>, who: &Who, what: &What) -> Revoked {
    if *what == What::Everything {
        // Before anybody is looked for: who connects meanwhile finds it.
        core.revocations().remember(who, clock::wall());
        if let Some(recovery) = &core.broadcaster().recovery {
            recovery.revoke(who);
        }
    }
    let meant = |handle: &SessionHandle| {
        handle.auth_state.look(|credential| who.is(&handle.id, credential))
    };
    let mut handles = Vec::<Arc<SessionHandle>>::new();
    let (mut lost, mut ended) = (Vec::new(), Vec::new());
    loop {
        let found = core.sessions().find(meant);
        let is_new = |found: &Arc<SessionHandle>| !handles.iter().any(|it| Arc::ptr_eq(it, found));
        let found: Vec<_> = found.into_iter().filter(is_new).collect();
        for handle in &found {
            let taken = take(handle, what);
            lost.extend(taken.memberships);
            ended.extend(taken.begun);
        }
        let may_return = core.broadcaster().recovery.as_ref();
        let Some(recovery) = may_return.filter(|_| *what == What::Everything) else {
            handles.extend(found);
            break;
        };
        // One that ended meanwhile; and one that has come back before it was looked for there is a
        // session of its own, and found by the next look.
        recovery.revoke(who);
        if found.is_empty() {
            break;
        }
        handles.extend(found);
    }
    let shown = format!("{what:?}");
    let (sessions, memberships) = (handles.len(), lost.len());
    tracing::info!(what = %Logged(shown), sessions, memberships, "revoked");
    let revoked = Revoked { sessions: handles.len(), memberships: lost.len() };
    for known in lost.into_iter().chain(ended) {
        // A room or a session that is gone knows nothing, and sends nothing.
        let _ = known.await;
    }
    revoked
}

/// What was taken from a session: each resolves when its room, or the session's code, knows.
#[derive(Default)]
struct Taken {
    memberships: Vec<oneshot::Receiver<()>>,
    begun: Vec<oneshot::Receiver<()>>,
}

fn take(handle: &SessionHandle, what: &What) -> Taken {
    // Counted first, forgotten last: an answer that is on its way is either not kept, or forgotten.
    handle.state.memberships.note_withdrawal();
    let withdraw = |which: &dyn Fn(&Membership) -> bool| handle.withdraw(&Code::Revoked, which);
    match what {
        // Whoever ends it already has not told all of its rooms, perhaps.
        What::Everything => {
            handle.bar();
            let lapsed = lapse(handle, &Code::Revoked, |_| true);
            let memberships = lapsed.unwrap_or_else(|| withdraw(&|_| true));
            Taken { memberships, ..Taken::default() }
        }
        What::Room(room) => {
            let memberships = withdraw(&|membership| membership.name() == &**room);
            let is_there = |right: &Right| right.room.as_ref() == Some(room);
            let begun = handle.lose_rights(&Code::Revoked, is_there);
            handle.state.grants.forget(room);
            Taken { memberships, begun }
        }
        What::Permission(permission) => {
            let memberships = withdraw(&|membership| {
                membership
                    .granted
                    .as_ref()
                    .is_some_and(|granted| *granted.permission == **permission)
            });
            let begun =
                handle.lose_rights(&Code::Revoked, |right| *right.permission == **permission);
            handle.state.grants.forget_permission(permission);
            Taken { memberships, begun }
        }
    }
}

/// Asks about what sessions were granted in a room, or about all of them altogether.
pub(crate) async fn reevaluate(core: &Arc<Core>, room: Option<&str>) {
    let is_asked_about = |handle: &SessionHandle| match room {
        Some(room) => {
            // Also of those who only might come: they are asked about when they do.
            handle.state.memberships.note_withdrawal();
            handle.state.grants.forget(room);
            let is_there = |one: &Resting| one.room().is_some_and(|of| of == room);
            Resting::all(handle).iter().any(is_there)
        }
        None => true,
    };
    let asked = core.sessions().find(is_asked_about).into_iter().filter_map(|handle| {
        let shard = core.broadcaster().shard(handle.shard)?;
        let (done, asked) = oneshot::channel();
        let (core, room) = (core.clone(), room.map(ToOwned::to_owned));
        // On its own worker: the application's futures need not be sendable.
        shard.run(move || {
            actix::spawn(async move {
                ask_again(&core, &handle, room.as_deref()).await;
                // Whoever asked for it may have stopped waiting.
                let _ = done.send(());
            });
        });
        Some(asked)
    });
    for asked in asked.collect::<Vec<_>>() {
        // A worker that is gone has no sessions.
        let _ = asked.await;
    }
}

async fn ask_again(core: &Arc<Core>, handle: &Arc<SessionHandle>, room: Option<&str>) {
    match room {
        Some(room) => {
            let is_there = |one: &Resting| one.room().is_some_and(|of| of == room);
            reconsider(core, handle, is_there).await;
        }
        None => {
            reauthenticate(core, handle).await;
            handle.state.memberships.note_withdrawal();
            handle.state.grants.clear();
            reconsider(core, handle, |_| true).await;
        }
    }
}

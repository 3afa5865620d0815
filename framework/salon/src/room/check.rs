//! What is asked about one event once it is decoded: the permission, then the guards.
//!
//! It must never decide about membership, which the room alone knows, and never let a panic of the
//! application's checks out.

use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::contract::{Checked, Guards};
use crate::{
    auth::{AnyAuthority, Grant, Granted},
    base::{
        allowance::Allowance,
        clock,
        contained::{Contained, Panicked, contain},
        data::Data,
        logged::Logged,
        meter::Count,
        refusal::{Code, Refusal},
    },
    event::Event,
    hub::{Broadcaster, Socket},
    session::{
        handle::SessionHandle,
        membership::{lapsed_meanwhile, revoked_meanwhile},
    },
};

/// What the checks of one event look at, and what they cost at most.
pub(crate) struct Checks<'a> {
    pub(crate) handle: &'a Arc<SessionHandle>,
    pub(crate) broadcaster: &'a Arc<Broadcaster>,
    pub(crate) authority: Option<&'a AnyAuthority>,
    pub(crate) data: &'a Data,
    pub(crate) max_grants: usize,
    pub(crate) time_limit: Duration,
    /// What the sender's connection may still do.
    pub(crate) allowance: &'a mut Allowance,
}

/// An event whose checks are done.
pub(crate) struct CheckOutcome<E> {
    pub(crate) event: Contained<E>,
    /// The grant by which it may pass, if it needs one.
    pub(crate) granted: Result<Option<Granted>, Refusal>,
    /// How much had been taken from the session when its checks began.
    pub(crate) withdrawals: u64,
}

/// An event whose checks are done, or wait for something.
pub(crate) enum Checking<E> {
    Done(CheckOutcome<E>),
    Waits(LocalBoxFuture<'static, CheckOutcome<E>>),
}

/// Whether anything is asked about events of this type.
pub(crate) const fn is_checked<E: Event, I>() -> bool
where
    E::Guards: Guards<E, I>,
{
    E::POLICY.permission.is_some() || !E::Guards::NONE
}

impl Checks<'_> {
    /// Asks what is to be asked about an event. It costs nothing if that is nothing, and no
    /// allocation if it is a permission whose grant is kept.
    pub(crate) fn judge<E, I>(&mut self, event: Contained<E>, room: Option<&str>) -> Checking<E>
    where
        E: Event + 'static,
        E::Guards: Guards<E, I>,
        I: 'static,
    {
        let withdrawals = self.handle.state.memberships.withdrawals();
        let mut permission = Permission::Granted(None);
        if let Some(wanted) = E::POLICY.permission {
            permission = self.permission(wanted, room);
        }
        let permission = match permission {
            Permission::Granted(granted) if E::Guards::NONE => {
                return Checking::Done(CheckOutcome { event, granted: Ok(granted), withdrawals });
            }
            permission => permission,
        };
        let questions = Questions {
            room: room.map(ByteString::from),
            socket: Socket::new(self.handle.clone(), self.broadcaster.clone()),
            data: self.data.clone(),
            max_grants: self.max_grants,
            withdrawals,
        };
        let limit = self.time_limit;
        let mut outcome = async move {
            // Pinned here, so that it is not moved through the layers around it, each of which
            // would have room for it once more.
            let granted = {
                let asked = pin!(Some(questions.ask::<E, I>(&event, permission)));
                bounded(&questions.socket, E::NAME, limit, asked).await
            };
            CheckOutcome { event, granted, withdrawals }
        }
        .boxed_local();
        match (&mut outcome).now_or_never() {
            Some(outcome) => Checking::Done(outcome),
            None => Checking::Waits(outcome),
        }
    }

    fn permission(&self, permission: &'static str, room: Option<&str>) -> Permission {
        let grants = &self.handle.state.grants;
        if let Some(grant) = grants.find(permission, room, clock::wall) {
            return Permission::Granted(Some(Granted { permission, grant }));
        }
        let Some(authority) = self.authority else {
            // The builder refuses such an event in a namespace without an authority.
            return Permission::Asked(
                permission,
                Box::pin(async {
                    Err(Refusal::internal("an event has a permission, and nobody to ask for it"))
                }),
            );
        };
        let asked = self.handle.asked(permission, room.map(ByteString::from));
        Permission::Asked(permission, authority(asked))
    }
}

/// How far a permission has come.
enum Permission {
    Granted(Option<Granted>),
    Asked(&'static str, LocalBoxFuture<'static, Result<Grant, Refusal>>),
}

/// What the questions about one event take.
struct Questions {
    room: Option<ByteString>,
    socket: Socket,
    data: Data,
    max_grants: usize,
    /// How much had been taken from the session when the authority was asked.
    withdrawals: u64,
}

impl Questions {
    /// Asks in order.
    async fn ask<E, I>(&self, event: &E, permission: Permission) -> Result<Option<Granted>, Refusal>
    where
        E: Event,
        E::Guards: Guards<E, I>,
    {
        let Self { room, socket, data, max_grants, withdrawals } = self;
        let room = room.as_deref();
        let granted = match permission {
            Permission::Granted(granted) => granted,
            Permission::Asked(permission, answer) => {
                let granted = Granted { permission, grant: answer.await? };
                if !granted.grant.holds(clock::wall) {
                    let message = format!("the permission {permission:?} has ended already");
                    return Err(Refusal::forbidden(message));
                }
                let state = &socket.handle().state;
                state.grants.keep(granted, room, *max_grants);
                // Kept first, looked at then: a revocation counts first, and then forgets.
                if state.memberships.withdrawals() != *withdrawals {
                    state.grants.forget(room.unwrap_or_default());
                    return Err(revoked_meanwhile());
                }
                Some(granted)
            }
        };
        let cx = Checked { event, room, socket, data, of: PhantomData };
        E::Guards::check(cx).await?;
        if let Some(granted) = granted {
            // The guards may have taken their time.
            if socket.handle().state.memberships.withdrawals() != *withdrawals {
                return Err(revoked_meanwhile());
            }
            if !granted.grant.holds(clock::wall) {
                return Err(lapsed_meanwhile());
            }
        }
        Ok(granted)
    }
}

/// Runs checks of the application, and drops them: for no longer than `limit`, and a panic is a
/// refusal.
pub(crate) async fn bounded<T, F>(
    socket: &Socket,
    event: &str,
    limit: Duration,
    mut checks: Pin<&mut Option<F>>,
) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, Refusal>>,
{
    let running = poll_fn(|cx| match checks.as_mut().as_pin_mut() {
        Some(running) => match contain(|| running.poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        },
        None => Poll::Pending,
    });
    let caught = tokio::time::timeout(limit, running).await;
    let panicked = || {
        socket.handle().outbox.counters().one(Count::HandlerPanics);
        let event = Logged(event);
        tracing::error!(%event, session = socket.id(), "a check of the event panicked");
    };
    // They may have been given up, in the midst of what they do.
    if contain(|| checks.set(None)).is_err() {
        panicked();
    }
    match caught {
        Ok(Ok(result)) => result,
        Ok(Err(Panicked)) => {
            panicked();
            Err(Refusal::logged_already())
        }
        Err(_) => {
            let shown = Logged(event);
            tracing::warn!(event = %shown, session = socket.id(), ?limit, "the checks took too long");
            let message = format!("whether {event:?} may be sent was not known in {limit:?}");
            Err(Refusal::new(Code::Timeout, message))
        }
    }
}

impl fmt::Debug for Checks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checks").field("handle", &self.handle).finish_non_exhaustive()
    }
}

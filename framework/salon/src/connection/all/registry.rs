//! Which connections there are: found by session id, counted by their clients' addresses, and of
//! those that have not connected to a namespace yet no more than may be.
//!
//! It must never close a connection itself: that is code of others, and this is under a lock.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use indexmap::IndexSet;
use tokio::sync::{Notify, futures::Notified};

use super::client_address::Address;
use crate::{
    app::Settings,
    auth::Handshake,
    base::{
        clock::Instant,
        config::{ClientAddress, Limits},
        slack::Slack,
    },
    connection::{actor::ConnectionHandle, core::Register},
    session::session_id::{ById, SessionId},
};

/// Why one more connection is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// There are as many as there may be.
    Full,
    /// There are as many of the client's address as there may be of one, and each has connected.
    Crowded,
}

/// The connections of one Salon.
pub(in crate::connection) struct Registry {
    state: RwLock<State>,
    limits: Limits,
    client_address: ClientAddress,
    /// Until when clients are parted with, once all are.
    closing: OnceLock<Instant>,
    /// Told while all are parted with, when one is removed.
    removed: Notify,
}

#[derive(Default)]
struct State {
    /// In the order in which they came, as far as ends leave it.
    all: IndexSet<ById<ConnectionHandle>, foldhash::fast::RandomState>,
    /// How many there are of each address that is counted. Clients choose their addresses, so that
    /// the hash has to withstand them.
    addresses: HashMap<Address, usize>,
    unconnected: Unconnected,
}

/// The connections whose clients have not connected to a namespace, nor wait to hear whether they
/// may, by age: later ones have higher numbers.
#[derive(Default)]
struct Unconnected {
    all: BTreeMap<u64, Arc<ConnectionHandle>>,
    /// Those whose addresses are counted, with them.
    by_address: BTreeSet<(Address, u64)>,
}

impl Unconnected {
    fn insert(&mut self, handle: &Arc<ConnectionHandle>, address: Option<Address>) {
        self.all.insert(handle.number(), handle.clone());
        self.by_address.extend(address.map(|address| (address, handle.number())));
    }

    fn remove(&mut self, number: u64, address: Option<Address>) {
        if self.all.remove(&number).is_some()
            && let Some(address) = address
        {
            self.by_address.remove(&(address, number));
        }
    }

    fn oldest(&self) -> Option<Arc<ConnectionHandle>> {
        self.all.values().next().cloned()
    }

    fn oldest_of(&self, address: Address) -> Option<Arc<ConnectionHandle>> {
        let (_, number) = self.by_address.range((address, 0)..=(address, u64::MAX)).next()?;
        self.all.get(number).cloned()
    }
}

impl Registry {
    /// Nobody is here yet.
    pub(in crate::connection) fn new(settings: &Settings) -> Self {
        Self {
            state: RwLock::default(),
            limits: settings.limits.clone(),
            client_address: settings.http.client_address.clone(),
            closing: OnceLock::new(),
            removed: Notify::new(),
        }
    }

    /// Takes a connection in; what it takes the place of is no longer here, and to be closed.
    ///
    /// # Errors
    /// [`NoRoom`] says why it was not.
    pub(super) fn insert(
        &self,
        handle: &Arc<ConnectionHandle>,
    ) -> Result<Option<Arc<ConnectionHandle>>, NoRoom> {
        let (limits, address) = (&self.limits, self.address(handle.handshake()));
        let mut state = self.write();
        if state.all.len() >= limits.max_connections {
            return Err(NoRoom::Full);
        }
        let mut replaced = None;
        if let Some(address) = address
            && state.addresses.get(&address).copied().unwrap_or_default()
                >= limits.max_connections_per_address
        {
            replaced = Some(state.unconnected.oldest_of(address).ok_or(NoRoom::Crowded)?);
        } else if !handle.has_connected() && state.unconnected.all.len() >= most_unconnected(limits)
        {
            replaced = state.unconnected.oldest();
        }
        if let Some(replaced) = &replaced {
            state.remove(replaced, self.address(replaced.handshake()));
        }
        state.all.insert(ById(handle.clone()));
        if let Some(address) = address {
            *state.addresses.entry(address).or_default() += 1;
        }
        if !handle.has_connected() {
            state.unconnected.insert(handle, address);
        }
        Ok(replaced)
    }

    pub(in crate::connection) fn find(&self, sid: &SessionId) -> Option<Arc<ConnectionHandle>> {
        self.read().find(sid)
    }

    pub(super) fn all(&self) -> Vec<Arc<ConnectionHandle>> {
        self.read().all.iter().map(|ById(handle)| handle.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.read().all.len()
    }

    /// All are parted with, until then; or as was said before.
    pub(super) fn begin_closing(&self, until: Instant) -> Instant {
        *self.closing.get_or_init(|| until)
    }

    /// Until when all are parted with, if they are.
    pub(super) fn closing(&self) -> Option<Instant> {
        self.closing.get().copied()
    }

    /// Resolves when one is removed, once all are parted with.
    pub(super) fn removed(&self) -> Notified<'_> {
        self.removed.notified()
    }

    /// What a connection is counted by. To be asked for before the lock is taken: it may be in headers
    /// that are as long as a client likes.
    fn address(&self, handshake: &Handshake) -> Option<Address> {
        Address::of(handshake, &self.client_address)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Register for Registry {
    fn keep(&self, sid: &SessionId, handshake: &Handshake) {
        let address = self.address(handshake);
        let mut state = self.write();
        if let Some(handle) = state.find(sid) {
            state.unconnected.remove(handle.number(), address);
        }
    }

    fn release(&self, sid: &SessionId, handshake: &Handshake) {
        let address = self.address(handshake);
        let mut state = self.write();
        if let Some(handle) = state.find(sid) {
            state.unconnected.insert(&handle, address);
        }
    }

    fn remove(&self, sid: &SessionId, handshake: &Handshake) {
        let address = self.address(handshake);
        let mut state = self.write();
        let removed = state.find(sid);
        if let Some(handle) = &removed {
            state.remove(handle, address);
        }
        // What it holds is dropped when nothing is locked any more.
        drop(state);
        drop(removed);
        if self.closing.get().is_some() {
            self.removed.notify_waiters();
        }
    }
}

impl State {
    fn find(&self, sid: &SessionId) -> Option<Arc<ConnectionHandle>> {
        self.all.get(sid).map(|ById(handle)| handle.clone())
    }

    fn remove(&mut self, handle: &ConnectionHandle, address: Option<Address>) {
        if !self.all.swap_remove(handle.sid()) {
            return;
        }
        self.all.shed();
        self.unconnected.remove(handle.number(), address);
        if let Some(address) = address
            && let Some(count) = self.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
                self.addresses.shed();
            }
        }
    }
}

/// How many may not have connected yet.
fn most_unconnected(limits: &Limits) -> usize {
    limits.max_unconnected.unwrap_or_else(|| (limits.max_connections / 10).max(16))
}

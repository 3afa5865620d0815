//! Which connections there are: found by session id, counted by their clients' addresses, and of
//! those that have not connected to a namespace yet no more than may be.
//!
//! It must never close a connection itself: that is code of others, and this is under a lock.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use indexmap::IndexSet;

use super::{ConnectionHandle, client_address::Address};
use crate::{
    base::{config::Limits, slack::Slack},
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
#[derive(Default)]
pub(super) struct Registry(RwLock<State>);

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
    /// Takes a connection in; what it takes the place of is no longer here, and to be closed.
    /// `address_of` says by which address a connection is counted.
    ///
    /// # Errors
    /// [`NoRoom`] says why it was not.
    pub(super) fn insert(
        &self,
        handle: &Arc<ConnectionHandle>,
        limits: &Limits,
        address_of: impl Fn(&ConnectionHandle) -> Option<Address>,
    ) -> Result<Option<Arc<ConnectionHandle>>, NoRoom> {
        let address = address_of(handle);
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
            state.remove(replaced, address_of(replaced));
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

    /// No newcomer takes the place of this connection: its client has connected to a namespace, or
    /// waits to hear whether it may.
    pub(super) fn keep(&self, handle: &ConnectionHandle, address: Option<Address>) {
        self.write().unconnected.remove(handle.number(), address);
    }

    /// A newcomer may take the place of this connection again: its client has been refused.
    pub(super) fn release(&self, handle: &Arc<ConnectionHandle>, address: Option<Address>) {
        let mut state = self.write();
        if state.all.contains(handle.sid()) {
            state.unconnected.insert(handle, address);
        }
    }

    /// Takes a connection out, if it is here still.
    pub(super) fn remove(&self, handle: &ConnectionHandle, address: Option<Address>) {
        self.write().remove(handle, address);
    }

    pub(super) fn find(&self, sid: &SessionId) -> Option<Arc<ConnectionHandle>> {
        self.read().all.get(sid).map(|ById(handle)| handle.clone())
    }

    pub(super) fn all(&self) -> Vec<Arc<ConnectionHandle>> {
        self.read().all.iter().map(|ById(handle)| handle.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.read().all.len()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
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

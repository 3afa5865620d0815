//! All sessions of a Salon, for whoever looks for those of somebody.
//!
//! It must never keep a session alive, nor be needed to emit: shards are for that.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use crate::{base::number::SessionNumber, session::peer::Peer};

/// The sessions that are connected, or about to be, in the order in which they came. A tree takes half
/// of what a table would.
#[derive(Debug, Default)]
pub(crate) struct Sessions(RwLock<BTreeMap<SessionNumber, Weak<Peer>>>);

impl Sessions {
    pub(super) fn add(&self, peer: &Arc<Peer>) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(peer.number, Arc::downgrade(peer));
    }

    pub(super) fn remove(&self, peer: &Peer) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&peer.number);
    }

    /// Those that `wanted` wants.
    pub(crate) fn find(&self, wanted: impl Fn(&Peer) -> bool) -> Vec<Arc<Peer>> {
        let sessions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sessions.values().filter_map(Weak::upgrade).filter(|peer| wanted(peer)).collect()
    }
}

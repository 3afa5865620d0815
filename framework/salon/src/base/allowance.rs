//! What one connection may still do of that which has a rate, and of that of which it may have so much.
//!
//! It must never grow by what a client chooses: there is a bucket for each event that the app has
//! declared with a rate, whatever names of its namespace a client uses. It outlives a session: leaving
//! a namespace and coming back fills none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::refusal::{Code, Refusal};
use super::{
    bucket::{Bucket, rate_limited},
    config::Rate,
    number::NamespaceNumber,
    slots::{Slot, Slots},
};

/// What one connection may still do.
#[derive(Debug, Default)]
pub(crate) struct Allowance(Option<Box<Taken>>);

/// What it has taken. Boxed: most connections never take any.
#[derive(Debug, Default)]
struct Taken {
    events: HashMap<(NamespaceNumber, &'static str), Bucket, foldhash::fast::RandomState>,
    connects: Option<Bucket>,
    openings: Option<Bucket>,
    rooms: Slots,
    /// That of its client, if it has several connections that have one together.
    shared: Option<SharedAllowance>,
}

/// What several connections of one client may still do together.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedAllowance(Arc<Mutex<Allowance>>);

impl SharedAllowance {
    #[cold]
    fn take_event(
        &self,
        namespace: NamespaceNumber,
        event: &'static str,
        rate: Rate,
    ) -> Result<(), Duration> {
        self.lock().take_event(namespace, event, rate)
    }

    #[cold]
    fn take_room(&self, rate: Rate, most: usize) -> Result<Slot, Refusal> {
        self.lock().take_room(rate, most)
    }

    fn lock(&self) -> MutexGuard<'_, Allowance> {
        // What a panic leaves of it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowance {
    /// Takes one event out of its bucket, or says how long to wait for it.
    pub(crate) fn take_event(
        &mut self,
        namespace: NamespaceNumber,
        event: &'static str,
        rate: Rate,
    ) -> Result<(), Duration> {
        let taken = self.0.get_or_insert_default();
        if let Some(shared) = &taken.shared {
            return shared.take_event(namespace, event, rate);
        }
        taken.events.entry((namespace, event)).or_insert_with(Bucket::full).take(rate)
    }

    /// From now on it has that together with others: of its events, and of the rooms that it opens.
    pub(crate) fn share(&mut self, shared: SharedAllowance) {
        self.0.get_or_insert_default().shared = Some(shared);
    }

    /// As [`take_event`](Self::take_event), for a CONNECT.
    pub(crate) fn take_connect(&mut self, rate: Rate) -> Result<(), Duration> {
        self.0.get_or_insert_default().connects.get_or_insert_with(Bucket::full).take(rate)
    }

    /// Takes the right to open one room: one of its `most` slots, for as long as the room is open.
    ///
    /// # Errors
    /// A [`Refusal`] if it has opened as many that are open still, or too many of late.
    pub(crate) fn take_room(&mut self, rate: Rate, most: usize) -> Result<Slot, Refusal> {
        let taken = self.0.get_or_insert_default();
        if let Some(shared) = &taken.shared {
            return shared.take_room(rate, most);
        }
        let slot = taken.rooms.take(most).ok_or_else(|| {
            let message = format!("{most} rooms are open that this connection has opened");
            Refusal::new(Code::LimitExceeded, message)
        })?;
        let opened = taken.openings.get_or_insert_with(Bucket::full).take(rate);
        opened.map_err(|wait| rate_limited("too many new rooms", wait))?;
        Ok(slot)
    }
}

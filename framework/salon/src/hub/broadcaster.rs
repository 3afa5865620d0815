//! What everything that emits shares: the shards, the acknowledgement ids, what may be sent.
//!
//! It must never look at who the recipients are: that is the shards' business.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    command::Command, opening::Openings, recovery::Recovery, registered::Registered,
    sessions::Sessions, shard::ShardHandle, target::Target,
};
use crate::{
    base::{
        config::{Limits, Timeouts},
        logged::Logged,
        meter::{Count, Counters, Tally},
        number::ShardNumber,
        room_id::RoomIds,
    },
    event::ReservedName,
    history::{HistoryTotal, Patience},
    message::{AwaitedIds, Class, Ordered, Publication},
    once::{Bounds, Once},
    outbox::NotQueued,
    payload::{Payload, PayloadError},
    session::handle::SessionHandle,
    store::Store,
};
use bytestring::ByteString;

/// The sending side of one Salon.
pub(crate) struct Broadcaster {
    shards: RwLock<Arc<[ShardHandle]>>,
    acknowledgement_ids: AtomicU64,
    pub(crate) room_ids: RoomIds,
    /// The directories of rooms, by the kinds of these.
    pub(crate) kinds: Registered,
    pub(crate) sessions: Sessions,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) max_pending_acknowledgements: usize,
    pub(crate) max_rooms: usize,
    /// How many of the newest values a room keeps for who joins.
    pub(crate) max_latest_keys: usize,
    /// And their bytes: half of what an outbox holds, so that whoever joins has room for them.
    pub(crate) max_latest_bytes: usize,
    /// What a room's window holds: half of what an outbox does, in frames and in bytes.
    pub(super) half_of_an_outbox: (usize, usize),
    pub(crate) openings: Openings,
    /// What the rooms keep of what they have published, together.
    pub(crate) history: HistoryTotal,
    /// What rooms await the acknowledgement of, and how patiently.
    pub(crate) awaited: Arc<AwaitedIds>,
    pub(crate) patience: Patience,
    /// Where durable rooms are kept.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Whether this Salon is about to close that, or has closed it.
    pub(crate) closes_store: AtomicBool,
    /// How many batches of one room may wait for their commit.
    pub(crate) max_uncommitted: usize,
    pub(crate) max_name: usize,
    /// How long a room's handler has for its answer.
    pub(crate) time_limit: Option<Duration>,
    /// How long a room may load.
    pub(crate) loading: Duration,
    /// What sessions have answered to events with keys.
    pub(crate) once: Arc<Once>,
    /// How much of that a room keeps.
    pub(crate) once_in_room: Bounds,
    /// Bytes of a key.
    max_once_key: usize,
    pub(crate) counters: Arc<Counters>,
    /// Where panics of the application's values count.
    pub(crate) tally: Tally,
}

impl Broadcaster {
    pub(crate) fn new(
        limits: &Limits,
        timeouts: &Timeouts,
        recovery: Option<Recovery>,
        store: Option<Arc<dyn Store>>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            shards: RwLock::new(Arc::new([])),
            acknowledgement_ids: AtomicU64::new(0),
            room_ids: RoomIds::draw(),
            kinds: Registered::default(),
            sessions: Sessions::default(),
            recovery,
            max_pending_acknowledgements: limits.max_pending_acknowledgements,
            max_rooms: limits.max_rooms,
            max_latest_keys: limits.max_latest_keys,
            max_latest_bytes: limits.max_outbox_bytes / 2,
            half_of_an_outbox: (limits.max_outbox_frames / 2, limits.max_outbox_bytes / 2),
            openings: Openings::new(limits),
            history: HistoryTotal::new(limits.max_history_bytes),
            awaited: Arc::default(),
            patience: Patience { users: limits.max_acked_users, times: limits.max_acked_times },
            store,
            closes_store: AtomicBool::new(false),
            max_uncommitted: limits.max_uncommitted,
            max_name: limits.max_name,
            time_limit: timeouts.handler,
            loading: timeouts.loading,
            once: Arc::new(Once::new(Bounds::of_sessions(limits), counters.clone())),
            once_in_room: Bounds::of_room(limits),
            max_once_key: limits.max_once_key,
            tally: Tally::of(&counters),
            counters,
        }
    }

    /// How many bytes the key of an event has at most, and where count what it panics at.
    pub(crate) fn key_limits(&self) -> (usize, Tally) {
        (self.max_once_key, self.tally)
    }

    /// Takes a worker's shard in, and leaves those out whose worker has ended.
    pub(crate) fn add_shard(&self, shard: &ShardHandle) {
        let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
        *shards = shards.iter().filter(|other| other.is_alive()).chain([shard]).cloned().collect();
    }

    /// All shards.
    pub(crate) fn shards(&self) -> Arc<[ShardHandle]> {
        self.shards.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One shard, if its worker is there.
    pub(crate) fn shard(&self, number: ShardNumber) -> Option<ShardHandle> {
        self.shards().iter().find(|shard| shard.number() == number).cloned()
    }

    /// Tells every shard.
    pub(crate) fn tell_all(&self, command: impl Fn() -> Command) {
        for shard in &*self.shards() {
            shard.send(command());
        }
    }

    /// Sends to one session, in order with what was delivered to its shard before.
    pub(crate) fn send_to(&self, handle: &Arc<SessionHandle>, publication: Publication) {
        self.send_one(handle, publication, None);
    }

    pub(super) fn send_one(
        &self,
        handle: &Arc<SessionHandle>,
        publication: Publication,
        asked: Option<u64>,
    ) {
        if let Some(shard) = self.shard(handle.shard) {
            shard.send(Command::One { handle: handle.clone(), publication, asked });
        }
    }

    /// The next acknowledgement id.
    pub(crate) fn next_acknowledgement(&self) -> u64 {
        self.acknowledgement_ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Publishes an event to those whom `target` means, on the shards that `on` takes, and keeps it for
    /// those of them that are away if recovery is on.
    pub(crate) fn publish(
        &self,
        target: &Target,
        name: ByteString,
        payload: Payload,
        class: Class,
        on: impl Fn(&ShardHandle) -> bool,
    ) {
        let deliver = |publication: &Publication| {
            let (target, publication) = (target.clone(), publication.clone());
            Command::Deliver { target, publication, question: None }
        };
        let namespace = target.namespace().cloned().unwrap_or_default();
        match &self.recovery {
            Some(recovery) if class.is_reliable() => {
                let event = |offset| {
                    let order = Some(Ordered::Kept(offset));
                    Publication::event(namespace, name, payload, order, class)
                };
                // To all of them in the order of the offsets, and to those that there are when it is
                // kept: whoever is recovered later has it.
                let mut told = Arc::default();
                recovery.keep(target.clone(), event, |publication| {
                    let shards = self.shards();
                    let meant = shards.iter().filter(|shard| on(shard));
                    meant.for_each(|shard| shard.queue(deliver(publication)));
                    told = shards;
                });
                told.iter().for_each(ShardHandle::flush);
            }
            _ => {
                let order = self.outside();
                let event = Publication::event(namespace, name, payload, order, class);
                let shards = self.shards();
                let meant = shards.iter().filter(|shard| on(shard));
                meant.for_each(|shard| shard.send(deliver(&event)));
            }
        }
    }

    /// What clients are told of the order of an event that has none of its own.
    pub(crate) fn outside(&self) -> Option<Ordered> {
        self.recovery.is_some().then_some(Ordered::Outside)
    }

    /// Whether an event may have this name. One that may not is counted.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), ReservedName> {
        ReservedName::check(name).inspect_err(|_| self.counters.one(Count::EventsNotSent))
    }

    /// As [`check_name`](Self::check_name), where nobody but the log can be told.
    pub(crate) fn is_free(&self, name: &str) -> bool {
        let checked = self.check_name(name);
        if let Err(error) = checked {
            tracing::error!(event = %Logged(name), %error, "the event is not sent");
        }
        checked.is_ok()
    }

    /// The payload of an event that is to be sent. What cannot be is the application's mistake: it
    /// is logged and counted.
    pub(crate) fn encoded(
        &self,
        name: &str,
        payload: Result<Payload, PayloadError>,
    ) -> Result<Payload, NotQueued> {
        encode_or_log(name, payload).ok_or_else(|| {
            self.counters.one(Count::EventsNotSent);
            NotQueued::Unserializable
        })
    }
}

/// The payload, or a log entry that names the event.
pub(crate) fn encode_or_log(name: &str, payload: Result<Payload, PayloadError>) -> Option<Payload> {
    payload
        .inspect_err(|error| {
            let (event, error) = (Logged(name), Logged(error));
            tracing::error!(%event, %error, "the event cannot be serialized; it is not sent");
        })
        .ok()
}

impl fmt::Debug for Broadcaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcaster").field("shards", &self.shards().len()).finish_non_exhaustive()
    }
}

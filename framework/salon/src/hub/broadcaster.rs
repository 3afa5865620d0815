//! What everything that emits shares: the shards, the acknowledgement ids, what may be sent.
//!
//! It must never look at who the recipients are: that is the shards' business.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytestring::ByteString;
use serde::Serialize;
use tokio::sync::oneshot;

use super::{
    command::Command, opening::Openings, recovery::Recovery, registered::Registered,
    sessions::Sessions, shard::ShardHandle, target::Target,
};
use crate::{
    base::{
        clock,
        config::{Limits, Timeouts},
        logged::Logged,
        meter::{Count, Counters, Tally},
        number::{MembershipNumber, ShardNumber},
        refusal::{Code, Refusal},
        room_id::{RoomId, RoomIds},
    },
    event::ReservedName,
    event::{self, Event},
    message::{Codec, Content, Ordered, PositionOf, Publication, refused},
    outbox::NotQueued,
    payload::{Payload, PayloadError},
    session::{acknowledgement::AskError, handle::SessionHandle},
};

/// From the handler of an event to its members is one way between workers, and one more if a room
/// told another.
const TURNS: usize = 3;

/// The sending side of one Salon.
pub(crate) struct Broadcaster {
    shards: RwLock<Arc<[ShardHandle]>>,
    /// Of the connections that what is sent here is for.
    codec: Arc<dyn Codec>,
    acknowledgement_ids: AtomicU64,
    pub(crate) room_ids: RoomIds,
    /// The directories of rooms, by the kinds of these.
    pub(crate) kinds: Registered,
    pub(crate) sessions: Sessions,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) max_pending_acknowledgements: usize,
    pub(crate) max_rooms: usize,
    pub(crate) openings: Openings,
    pub(crate) max_name: usize,
    /// How long a room's handler has for its answer.
    pub(crate) time_limit: Option<Duration>,
    /// How long a room may load.
    pub(crate) loading: Duration,
    pub(crate) counters: Arc<Counters>,
    /// Where panics of the application's values count.
    pub(crate) tally: Tally,
}

impl Broadcaster {
    pub(crate) fn new(
        codec: Arc<dyn Codec>,
        limits: &Limits,
        timeouts: &Timeouts,
        recovery: Option<Recovery>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            shards: RwLock::new(Arc::new([])),
            codec,
            acknowledgement_ids: AtomicU64::new(0),
            room_ids: RoomIds::draw(),
            kinds: Registered::default(),
            sessions: Sessions::default(),
            recovery,
            max_pending_acknowledgements: limits.max_pending_acknowledgements,
            max_rooms: limits.max_rooms,
            openings: Openings::new(limits),
            max_name: limits.max_name,
            time_limit: timeouts.handler,
            loading: timeouts.loading,
            tally: Tally::of(&counters),
            counters,
        }
    }

    /// How what is sent here is written.
    pub(crate) fn codec(&self) -> &Arc<dyn Codec> {
        &self.codec
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

    /// Waits until what was on its way between the workers has arrived: each has carried out what it
    /// was told before, and what it said itself meanwhile.
    pub(crate) async fn settle(&self) {
        for _ in 0..TURNS {
            let shards = self.shards();
            let arrived = shards.iter().map(|shard| {
                let (tell, told) = oneshot::channel();
                shard.run(move || {
                    // Whoever waits may have stopped waiting.
                    let _ = tell.send(());
                });
                told
            });
            let arrived: Vec<_> = arrived.collect();
            for told in arrived {
                // A worker that has ended has nothing more on its way.
                let _ = told.await;
            }
        }
    }

    /// Delivers a publication on every worker.
    pub(crate) fn deliver(&self, target: &Target, publication: &Publication) {
        self.tell_all(|| Command::Deliver {
            target: target.clone(),
            publication: publication.clone(),
            question: None,
        });
    }

    /// Sends to one session, in order with what was delivered to its shard before.
    pub(crate) fn send_to(&self, handle: &Arc<SessionHandle>, publication: Publication) {
        self.send_one(handle, publication, None);
    }

    fn send_one(&self, handle: &Arc<SessionHandle>, publication: Publication, asked: Option<u64>) {
        if let Some(shard) = self.shard(handle.shard) {
            shard.send(Command::One { handle: handle.clone(), publication, asked });
        }
    }

    /// The next acknowledgement id.
    pub(crate) fn next_acknowledgement(&self) -> u64 {
        self.acknowledgement_ids.fetch_add(1, Ordering::Relaxed)
    }

    /// An event for whoever is chosen.
    pub(crate) fn event(
        &self,
        namespace: &ByteString,
        name: impl Into<ByteString>,
        payload: Payload,
        question: Option<u64>,
        is_volatile: bool,
    ) -> Publication {
        let (namespace, name) = (namespace.clone(), name.into());
        let content = Content::Event { namespace, name, payload, order: None, question };
        let publication = match is_volatile {
            true => Publication::volatile(content),
            false => Publication::new(content),
        };
        publication.formed(&*self.codec)
    }

    /// An event for sessions of a namespace, kept for those of `target` that are away if recovery is
    /// on.
    pub(crate) fn event_for(
        &self,
        namespace: &ByteString,
        target: impl FnOnce() -> Target,
        name: ByteString,
        payload: Payload,
        is_volatile: bool,
    ) -> Publication {
        match &self.recovery {
            Some(recovery) if !is_volatile => recovery.keep(target(), |number| {
                let (namespace, order) = (namespace.clone(), Some(Ordered::Kept(number)));
                let content = Content::Event { namespace, name, payload, order, question: None };
                Publication::new(content).formed(&*self.codec)
            }),
            _ => self.event(namespace, name, payload, None, is_volatile),
        }
    }

    /// A typed event for members of a room. One that cannot be serialized is a mistake in the
    /// application: it is logged, and nobody gets it.
    pub(crate) fn event_of_room<E: Event + Serialize>(
        &self,
        namespace: &ByteString,
        room: RoomId,
        event: &E,
        place: Option<PositionOf>,
    ) -> Option<Publication> {
        let payload = self.encoded(E::NAME, event::encode(event)).ok()?;
        let content = Content::Event {
            namespace: namespace.clone(),
            name: ByteString::from_static(E::NAME),
            payload,
            order: place.map(Ordered::InRoom),
            question: None,
        };
        let publication = Publication::of_room(content, room, E::POLICY.volatile);
        self.formed(E::NAME, publication).ok()
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
        encode_or_log(name, payload).ok_or_else(|| self.unserializable())
    }

    /// A publication that has a form on the wire.
    pub(crate) fn formed(
        &self,
        name: &str,
        publication: Publication,
    ) -> Result<Publication, NotQueued> {
        let publication = publication.formed(&*self.codec);
        if publication.form().is_nothing() {
            let event = Logged(name);
            tracing::error!(%event, "the event has no form for this parser; it is not sent");
            return Err(self.unserializable());
        }
        Ok(publication)
    }

    fn unserializable(&self) -> NotQueued {
        self.counters.one(Count::EventsNotSent);
        NotQueued::Unserializable
    }

    /// What acknowledges an event.
    pub(crate) fn acknowledgement(
        &self,
        namespace: &ByteString,
        id: u64,
        payload: Payload,
    ) -> Publication {
        let content = Content::Answer { namespace: namespace.clone(), id, payload };
        Publication::new(content).formed(&*self.codec)
    }

    /// What answers an event: its acknowledgement, or the event `salon:refused` when it was refused
    /// and no acknowledgement was asked for. What a room answered is for its members.
    pub(crate) fn answer(
        &self,
        sender: &SessionHandle,
        room: Option<RoomId>,
        name: &str,
        acknowledgement: Option<u64>,
        result: Result<Payload, Refusal>,
    ) -> Option<Publication> {
        let namespace = &sender.namespace;
        let refused = |refusal: &Refusal| {
            let event = acknowledgement.is_none().then_some(name);
            let payload = encode_or_log(name, refused(event, refusal))?;
            Some(match acknowledgement {
                Some(id) => self.acknowledgement(namespace, id, payload),
                None => {
                    let refused = ByteString::from_static("salon:refused");
                    self.event(namespace, refused, payload, None, false)
                }
            })
        };
        match (result, acknowledgement) {
            (Ok(_), None) => None,
            (Ok(payload), Some(id)) => {
                let content = Content::Answer { namespace: namespace.clone(), id, payload };
                let answer = match room {
                    Some(room) => Publication::of_room(content, room, false),
                    None => Publication::new(content),
                };
                match self.formed(name, answer) {
                    Ok(answer) => Some(answer),
                    // Whoever asked is told that there is no answer.
                    Err(_) => refused(&Refusal::logged_already()),
                }
            }
            (Err(refusal), _) => {
                log_refused(name, sender, &refusal);
                refused(&refusal)
            }
        }
    }

    /// Asks one session, and waits for its acknowledgement; what a room asks is for its members, and
    /// what one answers who is none any more is no answer.
    pub(crate) async fn ask(
        &self,
        handle: Arc<SessionHandle>,
        asker: Option<Asker>,
        name: ByteString,
        payload: Payload,
        timeout: Duration,
    ) -> Result<Payload, AskError> {
        self.check_name(&name)?;
        let room = asker.map(|asker| asker.room);
        let asked = asker.map(|asker| asker.membership(&handle)).transpose()?;
        let is_out = || room.is_some_and(|room| handle.state.memberships.number(room) != asked);
        let id = self.next_acknowledgement();
        let (namespace, shown) = (handle.namespace.clone(), name.clone());
        let content = Content::Event { namespace, name, payload, order: None, question: Some(id) };
        let question = match room {
            None => Publication::new(content),
            Some(room) => Publication::of_room(content, room, false),
        };
        let question = self.formed(&shown, question).map_err(|_| AskError::unformed())?;
        let (answer, answered) = oneshot::channel();
        let waiter = Box::new(move |payload| {
            // The asker may have stopped waiting.
            let _ = answer.send(payload);
        });
        let deadline = clock::after(timeout);
        let limit = self.max_pending_acknowledgements;
        handle.state.acknowledgements.expect(id, room, deadline, limit, waiter)?;
        let _awaited = Awaited { handle: &handle, id };
        self.send_one(&handle, question, Some(id));
        match tokio::time::timeout_at(deadline, answered).await {
            // It may have gone between its answer and this look, which is the room's.
            Ok(Ok(_)) if is_out() => Err(gone(&handle, room)),
            Ok(Ok(payload)) => Ok(payload),
            Ok(Err(_)) => Err(gone(&handle, room)),
            Err(_) => Err(AskError::Timeout),
        }
    }
}

/// A room that asks one of its members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) room: RoomId,
    /// By which it was a member when the room's code asked; whoever was about to become one must be
    /// it when the question is put.
    pub(crate) membership: Option<MembershipNumber>,
}

impl Asker {
    /// The membership that is asked.
    fn membership(self, handle: &SessionHandle) -> Result<MembershipNumber, AskError> {
        let now = handle.state.memberships.number(self.room);
        let asked = self.membership.or(now);
        asked.filter(|_| asked == now).ok_or_else(|| gone(handle, Some(self.room)))
    }
}

/// Why there will be no answer from a session that whoever asked has lost.
fn gone(handle: &SessionHandle, room: Option<RoomId>) -> AskError {
    if room.is_some() && !handle.has_ended() {
        AskError::NotAMember
    } else {
        AskError::Disconnected
    }
}

/// The message of what does not fit its event has a piece of it, which is the client's.
fn log_refused(name: &str, sender: &SessionHandle, refusal: &Refusal) {
    let (event, session) = (Logged(name), &sender.id);
    match refusal.code() {
        // As of a CONNECT: the message may tell the client what it has presented.
        code if name == event::REFRESH => {
            tracing::debug!(%event, %session, code = %Logged(code), "refused");
        }
        Code::InvalidPayload => {
            let at = refusal.data().and_then(|data| data.get("path")?.as_str()).map(Logged);
            let at = at.map(|at| at.to_string());
            tracing::debug!(%event, %session, code = %refusal.code(), at, "refused");
        }
        _ => tracing::debug!(%event, %session, refusal = %Logged(refusal), "refused"),
    }
}

/// Gives the place of a pending acknowledgement back when the asking ends, however it ends.
struct Awaited<'a> {
    handle: &'a SessionHandle,
    id: u64,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.handle.state.acknowledgements.forget(self.id);
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

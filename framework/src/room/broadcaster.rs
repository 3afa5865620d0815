//! What everything that emits shares: the shards, the parser, the acknowledgement ids.
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
    kinds::Kinds,
    opening::Openings,
    place::PlaceOf,
    recovery::Recovery,
    shard::{Command, ShardHandle, Target},
};
use crate::{
    acknowledgement::AskError,
    clock,
    config::{Limits, Timeouts},
    event::{self, Event},
    frame::Frame,
    logged::Logged,
    meter::{Count, Counters, Meter, Tally},
    number::{MembershipNumber, RoomNumber, ShardNumber},
    outbox::NotQueued,
    peer::Peer,
    refusal::{Code, Refusal},
    wire::socket_io::{ArgumentError, Arguments, Packet, Parser, ReservedName},
};

/// From the handler of an event to its members is one way between workers, and one more if a room
/// told another.
const TURNS: usize = 3;

/// The sending side of one Salon.
pub(crate) struct Broadcaster {
    shards: RwLock<Arc<[ShardHandle]>>,
    parser: Arc<dyn Parser>,
    acknowledgement_ids: AtomicU64,
    rooms_opened: AtomicU64,
    pub(crate) kinds: Kinds,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) max_pending_acknowledgements: usize,
    pub(crate) max_rooms: usize,
    pub(super) openings: Openings,
    pub(crate) max_name: usize,
    /// How long a room's handler has for its answer.
    pub(crate) time_limit: Option<Duration>,
    pub(crate) counters: Arc<Counters>,
    /// Where panics of the application's values count.
    pub(crate) tally: Tally,
}

impl Broadcaster {
    pub(crate) fn new(
        parser: Arc<dyn Parser>,
        limits: &Limits,
        timeouts: &Timeouts,
        recovery: Option<Recovery>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            shards: RwLock::new(Arc::new([])),
            parser,
            acknowledgement_ids: AtomicU64::new(0),
            rooms_opened: AtomicU64::new(0),
            kinds: Kinds::default(),
            recovery,
            max_pending_acknowledgements: limits.max_pending_acknowledgements,
            max_rooms: limits.max_rooms,
            openings: Openings::new(limits),
            max_name: limits.max_name,
            time_limit: timeouts.handler,
            tally: Tally::of(&counters),
            counters,
        }
    }

    pub(crate) fn parser(&self) -> &dyn Parser {
        &*self.parser
    }

    pub(crate) fn share_parser(&self) -> Arc<dyn Parser> {
        self.parser.clone()
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

    /// Delivers a frame on every worker.
    pub(crate) fn deliver(&self, target: &Target, frame: &Frame) {
        self.tell_all(|| Command::Deliver {
            target: target.clone(),
            frame: frame.clone(),
            question: None,
        });
    }

    /// Sends a frame to one session, in order with what was delivered to its shard before.
    pub(crate) fn send_to(&self, peer: &Arc<Peer>, frame: Frame) {
        self.send_one(peer, frame, None);
    }

    fn send_one(&self, peer: &Arc<Peer>, frame: Frame, asked: Option<u64>) {
        if let Some(shard) = self.shard(peer.shard) {
            shard.send(Command::One { peer: peer.clone(), frame, asked });
        }
    }

    /// The number of a new room.
    pub(crate) fn next_room(&self) -> RoomNumber {
        RoomNumber::next(&self.rooms_opened)
    }

    /// The next acknowledgement id.
    pub(crate) fn next_acknowledgement(&self) -> u64 {
        self.acknowledgement_ids.fetch_add(1, Ordering::Relaxed)
    }

    /// A frame with an event.
    pub(crate) fn event_frame(
        &self,
        namespace: &ByteString,
        name: impl Into<ByteString>,
        arguments: Arguments,
        id: Option<u64>,
        volatile: bool,
    ) -> Frame {
        let packet =
            Packet::Event { namespace: namespace.clone(), id, name: name.into(), arguments };
        if volatile {
            Frame::volatile(&packet, self.parser())
        } else {
            Frame::new(&packet, self.parser())
        }
    }

    /// A frame with an event for sessions of a namespace, kept for those of `target` that are away
    /// if recovery is on.
    pub(crate) fn frame_for(
        &self,
        namespace: &ByteString,
        target: impl FnOnce() -> Target,
        name: ByteString,
        arguments: Arguments,
        volatile: bool,
    ) -> Frame {
        match &self.recovery {
            Some(recovery) if !volatile => recovery.keep(target(), |offset, number| {
                let offset = serde_json::Value::from(offset);
                let arguments = arguments.with_last(&offset.to_string());
                let namespace = namespace.clone();
                let packet = Packet::Event { namespace, id: None, name, arguments };
                Frame::numbered(&packet, self.parser(), number)
            }),
            _ => self.event_frame(namespace, name, arguments, None, volatile),
        }
    }

    /// A frame with a typed event, for members of a room. An event that cannot be serialized is a
    /// mistake in the application: it is logged, and nobody gets it.
    pub(super) fn room_frame<E: Event + Serialize>(
        &self,
        namespace: &ByteString,
        room: RoomNumber,
        event: &E,
        place: Option<PlaceOf<'_>>,
    ) -> Option<Frame> {
        let arguments = match place {
            Some(place) => event::encode_with(event, &place),
            None => event::encode(event),
        };
        let arguments = self.encoded(E::NAME, arguments).ok()?;
        let name = ByteString::from_static(E::NAME);
        let packet = Packet::Event { namespace: namespace.clone(), id: None, name, arguments };
        let frame = Frame::of_room(&packet, self.parser(), E::POLICY.volatile, room);
        self.formed(E::NAME, frame).ok()
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

    /// The arguments of an event that is to be sent. What cannot be is the application's mistake: it
    /// is logged and counted.
    pub(crate) fn encoded(
        &self,
        name: &str,
        arguments: Result<Arguments, ArgumentError>,
    ) -> Result<Arguments, NotQueued> {
        encode_or_log(name, arguments).ok_or_else(|| self.unserializable())
    }

    /// A frame that its parser made something of.
    pub(crate) fn formed(&self, name: &str, frame: Frame) -> Result<Frame, NotQueued> {
        if frame.is_nothing() {
            let event = Logged(name);
            tracing::error!(%event, "the event has no form for this parser; it is not sent");
            return Err(self.unserializable());
        }
        Ok(frame)
    }

    fn unserializable(&self) -> NotQueued {
        self.counters.one(Count::EventsNotSent);
        NotQueued::Unserializable
    }

    /// A frame with the acknowledgement of an event.
    pub(crate) fn acknowledgement_frame(
        &self,
        namespace: &ByteString,
        id: u64,
        arguments: Arguments,
    ) -> Frame {
        let packet = Packet::Ack { namespace: namespace.clone(), id, arguments };
        Frame::new(&packet, self.parser())
    }

    /// The frame that answers an event: its acknowledgement, or the event `salon:refused` when it
    /// was refused and no acknowledgement was asked for. What a room answered is for its members.
    pub(crate) fn answer_frame(
        &self,
        sender: &Peer,
        room: Option<RoomNumber>,
        name: &str,
        acknowledgement: Option<u64>,
        result: Result<Arguments, Refusal>,
    ) -> Option<Frame> {
        let namespace = &sender.namespace;
        let frame = |arguments: Arguments| match acknowledgement {
            Some(id) => self.acknowledgement_frame(namespace, id, arguments),
            None => {
                let refused = ByteString::from_static("salon:refused");
                self.event_frame(namespace, refused, arguments, None, false)
            }
        };
        let refused = |refusal: &Refusal| {
            let event = acknowledgement.is_none().then_some(name);
            let refused = Refused { event, error: refusal };
            encode_or_log(name, Arguments::encode_single(&refused)).map(frame)
        };
        match (result, acknowledgement) {
            (Ok(_), None) => None,
            (Ok(arguments), Some(id)) => {
                let answer = match room {
                    Some(room) => {
                        let packet = Packet::Ack { namespace: namespace.clone(), id, arguments };
                        Frame::of_room(&packet, self.parser(), false, room)
                    }
                    None => frame(arguments),
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
        peer: Arc<Peer>,
        asker: Option<Asker>,
        name: ByteString,
        arguments: Arguments,
        timeout: Duration,
    ) -> Result<Arguments, AskError> {
        self.check_name(&name)?;
        let room = asker.map(|asker| asker.room);
        let asked = asker.map(|asker| asker.membership(&peer)).transpose()?;
        let is_out = || room.is_some_and(|room| peer.state.memberships.number(room) != asked);
        let id = self.next_acknowledgement();
        let (namespace, id_wanted) = (peer.namespace.clone(), Some(id));
        let shown = name.clone();
        let frame = match room {
            None => self.event_frame(&namespace, name, arguments, id_wanted, false),
            Some(room) => {
                let packet = Packet::Event { namespace, id: id_wanted, name, arguments };
                Frame::of_room(&packet, self.parser(), false, room)
            }
        };
        let frame = self.formed(&shown, frame).map_err(|_| AskError::unformed())?;
        let (answer, answered) = oneshot::channel();
        let waiter = Box::new(move |arguments| {
            // The asker may have stopped waiting.
            let _ = answer.send(arguments);
        });
        let deadline = clock::after(timeout);
        let limit = self.max_pending_acknowledgements;
        peer.state.acknowledgements.expect(id, room, deadline, limit, waiter)?;
        let _awaited = Awaited { peer: &peer, id };
        self.send_one(&peer, frame, Some(id));
        match tokio::time::timeout_at(deadline, answered).await {
            // It may have gone between its answer and this look, which is the room's.
            Ok(Ok(_)) if is_out() => Err(gone(&peer, room)),
            Ok(Ok(arguments)) => Ok(arguments),
            Ok(Err(_)) => Err(gone(&peer, room)),
            Err(_) => Err(AskError::Timeout),
        }
    }
}

/// A room that asks one of its members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(super) room: RoomNumber,
    /// By which it was a member when the room's code asked; whoever was about to become one must be
    /// it when the question is put.
    pub(super) membership: Option<MembershipNumber>,
}

impl Asker {
    /// The membership that is asked.
    fn membership(self, peer: &Peer) -> Result<MembershipNumber, AskError> {
        let now = peer.state.memberships.number(self.room);
        let asked = self.membership.or(now);
        asked.filter(|_| asked == now).ok_or_else(|| gone(peer, Some(self.room)))
    }
}

/// Why there will be no answer from a session that whoever asked has lost.
fn gone(peer: &Peer, room: Option<RoomNumber>) -> AskError {
    if room.is_some() && !peer.has_ended() { AskError::NotAMember } else { AskError::Disconnected }
}

/// A refusal as a client gets it; without an acknowledgement it has to name the event.
#[derive(Serialize)]
struct Refused<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    error: &'a Refusal,
}

/// The message of what does not fit its event has a piece of it, which is the client's.
fn log_refused(name: &str, sender: &Peer, refusal: &Refusal) {
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
    peer: &'a Peer,
    id: u64,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.peer.state.acknowledgements.forget(self.id);
    }
}

/// The arguments, or a log entry that names the event.
pub(crate) fn encode_or_log(
    name: &str,
    arguments: Result<Arguments, ArgumentError>,
) -> Option<Arguments> {
    arguments
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

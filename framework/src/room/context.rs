//! What a room's handler can do: speak to its members, wait, end.
//!
//! It must never touch the actor while a handler runs: what changes it is noted, and done after.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Member, Receive, Room,
    broadcaster::Broadcaster,
    member::Departure,
    shard::{Command, ShardHandle, Target},
};
use crate::{
    acknowledgement::AskError,
    auth::Grant,
    data::Data,
    event::{self, Event},
    frame::Frame,
    number::{MembershipNumber, RoomNumber, SessionNumber},
    peer::Peer,
    refusal::Refusal,
};

/// The surroundings of a room, given to each of its handlers.
pub struct RoomContext<R> {
    pub(super) roll: Roll,
    pub(super) sender: Option<Arc<Peer>>,
    pub(super) actions: VecDeque<Action<R>>,
    data: Data,
}

/// Something to do on a room when its handler is done.
pub(super) type Step<R> = Box<dyn FnOnce(&mut R, &mut RoomContext<R>)>;

/// What a handler asked for, to be done when it has returned.
pub(super) enum Action<R> {
    After(Duration, Step<R>),
    Spawn(LocalBoxFuture<'static, Step<R>>),
    Remove(SessionNumber, Departure),
    Close,
}

/// Who is in the room, and which workers they are on.
pub(super) struct Roll {
    pub(super) room: RoomNumber,
    pub(super) name: ByteString,
    pub(super) namespace: ByteString,
    pub(super) broadcaster: Arc<Broadcaster>,
    members: BTreeMap<SessionNumber, Enrolled>,
    next_membership: MembershipNumber,
    outlets: Vec<Outlet>,
}

/// A member, by its latest membership.
struct Enrolled {
    peer: Arc<Peer>,
    membership: MembershipNumber,
}

/// A worker with members of the room.
struct Outlet {
    shard: ShardHandle,
    members: usize,
}

impl<R> RoomContext<R> {
    pub(super) fn new(
        room: RoomNumber,
        name: ByteString,
        namespace: ByteString,
        broadcaster: Arc<Broadcaster>,
        data: Data,
    ) -> Self {
        let roll = Roll {
            room,
            name,
            namespace,
            broadcaster,
            members: BTreeMap::new(),
            next_membership: MembershipNumber::FIRST,
            outlets: Vec::new(),
        };
        Self { roll, sender: None, actions: VecDeque::new(), data }
    }

    /// The room's name: its kind and its key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.roll.name
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roll.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roll.members.is_empty()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.data.get()
    }

    /// Sends an event to every member: in this room's one order, encoded once.
    pub fn broadcast<E: Event + Serialize>(&self, event: &E) {
        self.everyone().emit(event);
    }

    fn everyone(&self) -> RoomAudience<'_> {
        RoomAudience { roll: &self.roll, choice: Choice::Everyone }
    }

    /// Does something later, unless the room closes or restarts before: the message comes to
    /// [`Receive::receive`].
    pub fn after<M: 'static>(&mut self, delay: Duration, message: M)
    where
        R: Receive<M>,
    {
        self.actions.push_back(Action::After(delay, receive(message)));
    }

    /// Runs a future beside the room; what it yields comes back as a message, unless the room
    /// closes or restarts before. If it panics the room does.
    pub fn spawn<M: 'static>(&mut self, future: impl Future<Output = M> + 'static)
    where
        R: Receive<M>,
    {
        self.actions.push_back(Action::Spawn(future.map(receive).boxed_local()));
    }

    /// Closes the room when the handler has returned: [`Room::closing`] is called, then
    /// [`Room::left`] for each member, which is told `salon:evicted`.
    pub fn close(&mut self) {
        self.actions.push_back(Action::Close);
    }
}

impl<R: Room> RoomContext<R> {
    /// Who sent the event that is being handled.
    ///
    /// # Panics
    /// Where there is no sender: in `open`, `closing` and `receive`. In `admit` and `left` it is
    /// the member in question.
    #[must_use]
    pub fn sender(&self) -> Member<R::Identity> {
        let sender = self.sender.clone();
        Member::new(sender.expect("sender() is for handlers of events; nobody sent this"))
    }

    /// The members, in the order in which their sessions began.
    pub fn members(&self) -> impl Iterator<Item = Member<R::Identity>> {
        self.roll.members.values().map(|enrolled| Member::new(enrolled.peer.clone()))
    }

    /// The grant by which a member was admitted: the answer to the `permit` of the joining event
    /// that it sent last. `None` if that event has no `permit`, or it is no member.
    #[must_use]
    pub fn grant(&self, member: &Member<R::Identity>) -> Option<Grant> {
        let memberships = &member.peer().state.memberships;
        memberships.granted(self.roll.room).map(|granted| granted.grant)
    }

    /// One member alone.
    pub fn to(&self, member: &Member<R::Identity>) -> RoomAudience<'_> {
        RoomAudience { roll: &self.roll, choice: Choice::One(member.peer().clone()) }
    }

    /// Every member but one.
    pub fn except(&self, member: &Member<R::Identity>) -> RoomAudience<'_> {
        RoomAudience { roll: &self.roll, choice: Choice::Except(member.number()) }
    }

    /// Asks a member, and waits for its acknowledgement; the future is to be given to
    /// [`spawn`](Self::spawn).
    pub fn ask<E: Event + Serialize>(
        &self,
        member: &Member<R::Identity>,
        event: &E,
        timeout: Duration,
    ) -> impl Future<Output = Result<E::Reply, AskError>> + use<R, E>
    where
        E::Reply: DeserializeOwned,
    {
        let arguments = event::encode(event);
        let (broadcaster, peer) = (self.roll.broadcaster.clone(), member.peer().clone());
        let room = Some(self.roll.room);
        async move {
            let name = ByteString::from_static(E::NAME);
            let answer = broadcaster.ask(peer, room, name, arguments?, timeout).await?;
            Ok(event::decode_reply(&answer)?)
        }
    }

    /// Lets a member go that asked to: it is out when the handler has returned.
    pub fn leave(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::Remove(member.number(), Departure::Left));
    }

    /// Puts a member out: it is out, and told so, when the handler has returned.
    pub fn evict(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::Remove(member.number(), Departure::Evicted));
    }
}

fn receive<R: Receive<M>, M: 'static>(message: M) -> Step<R> {
    Box::new(move |room, cx| room.receive(message, cx))
}

/// Some members of a room.
#[must_use = "an audience does nothing until something is emitted to it"]
pub struct RoomAudience<'a> {
    roll: &'a Roll,
    choice: Choice,
}

enum Choice {
    Everyone,
    Except(SessionNumber),
    One(Arc<Peer>),
}

impl RoomAudience<'_> {
    /// Sends an event to them.
    pub fn emit<E: Event + Serialize>(&self, event: &E) {
        let broadcaster = &self.roll.broadcaster;
        if self.roll.members.is_empty() && !matches!(self.choice, Choice::One(_)) {
            return;
        }
        let Some(frame) = broadcaster.room_frame(&self.roll.namespace, self.roll.room, event)
        else {
            return;
        };
        let except = match &self.choice {
            Choice::Everyone => None,
            Choice::Except(session) => Some(*session),
            Choice::One(peer) => return broadcaster.send_to(peer, frame),
        };
        let roll = self.roll;
        tracing::trace!(room = %roll.name, event = E::NAME, members = roll.members.len(), "broadcast");
        roll.deliver(&frame, except);
    }
}

impl Roll {
    pub(super) fn contains(&self, session: SessionNumber) -> bool {
        self.members.contains_key(&session)
    }

    /// Takes a member in: from here on it gets what is broadcast. False if its worker has ended,
    /// and its session with it.
    pub(super) fn add(&mut self, peer: Arc<Peer>, membership: MembershipNumber) -> bool {
        let number = peer.shard;
        match self.outlets.iter_mut().find(|outlet| outlet.shard.number() == number) {
            Some(outlet) => outlet.members += 1,
            None => match self.broadcaster.shard(number) {
                Some(shard) => self.outlets.push(Outlet { shard, members: 1 }),
                None => return false,
            },
        }
        self.tell(&peer, Command::Enter { room: self.room, membership, peer: peer.clone() });
        self.members.insert(peer.number, Enrolled { peer, membership });
        true
    }

    /// The number of a new membership.
    pub(super) fn next_membership(&mut self) -> MembershipNumber {
        let number = self.next_membership;
        self.next_membership = number.next();
        number
    }

    /// What was withheld of this room from a session is not, from here on: it may become a member
    /// by this membership.
    pub(super) fn lift(&self, peer: &Arc<Peer>, membership: MembershipNumber) {
        if peer.outbox.withholds(self.room)
            && let Some(shard) = self.broadcaster.shard(peer.shard)
        {
            shard.send(Command::Lift { room: self.room, membership, peer: peer.clone() });
        }
    }

    /// Whether a session is a member by this membership, and not by a later one.
    pub(super) fn is_member_by(
        &self,
        session: SessionNumber,
        membership: MembershipNumber,
    ) -> bool {
        self.members.get(&session).is_some_and(|enrolled| enrolled.membership == membership)
    }

    /// Lets a member go: from here on it gets nothing.
    pub(super) fn remove(&mut self, session: SessionNumber) -> Option<Arc<Peer>> {
        let Enrolled { peer, .. } = self.members.remove(&session)?;
        self.tell(&peer, Command::Leave { room: self.room, session });
        peer.leave(self.room, &self.name);
        if let Some(outlet) =
            self.outlets.iter_mut().find(|outlet| outlet.shard.number() == peer.shard)
        {
            outlet.members -= 1;
        }
        self.outlets.retain(|outlet| outlet.members > 0);
        Some(peer)
    }

    /// Sends a frame to every member, or to every one but one.
    pub(super) fn deliver(&self, frame: &Frame, except: Option<SessionNumber>) {
        for outlet in &self.outlets {
            let target = Target::Room { room: self.room, except };
            outlet.shard.send(Command::Deliver { target, frame: frame.clone(), question: None });
        }
    }

    /// The member with the lowest number, for emptying the room.
    pub(super) fn first(&self) -> Option<SessionNumber> {
        self.members.keys().next().copied()
    }

    /// The room has ended: no worker keeps anything of it.
    pub(super) fn close(&mut self) {
        for outlet in self.outlets.drain(..) {
            outlet.shard.send(Command::CloseRoom { room: self.room });
        }
        for Enrolled { peer, .. } in std::mem::take(&mut self.members).into_values() {
            peer.leave(self.room, &self.name);
        }
    }

    fn tell(&self, peer: &Peer, command: Command) {
        if let Some(outlet) = self.outlets.iter().find(|outlet| outlet.shard.number() == peer.shard)
        {
            outlet.shard.send(command);
        }
    }
}

impl<R> fmt::Debug for RoomContext<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomContext")
            .field("room", &self.roll.name)
            .field("members", &self.roll.members.len())
            .finish_non_exhaustive()
    }
}

//! Where a room publishes to: the shards of the workers that its members are on.
//!
//! It must never know who a member is to the room: it counts sessions.

use std::sync::Arc;

use super::{Broadcaster, Command, ShardHandle, Target};
use crate::{
    base::{number::MembershipNumber, room_id::RoomId},
    message::{Log, Publication},
    session::{handle::SessionHandle, session_id::SessionId},
};

/// The outlets of one room. What goes out by them is in one order for each, and names rooms and sessions
/// by what they are called in every process.
#[derive(Default)]
pub(crate) struct Outlets(Vec<Outlet>);

/// A shard with members of the room.
struct Outlet {
    shard: ShardHandle,
    members: usize,
}

impl Outlets {
    /// From here on a session gets what is delivered. False if its worker has ended, and it with that.
    pub(crate) fn enter(
        &mut self,
        broadcaster: &Broadcaster,
        room: RoomId,
        handle: Arc<SessionHandle>,
    ) -> bool {
        let index = match self.index_of(&handle) {
            Some(index) => index,
            None => {
                let Some(shard) = broadcaster.shard(handle.shard) else { return false };
                self.0.push(Outlet { shard, members: 0 });
                self.0.len() - 1
            }
        };
        let outlet = &mut self.0[index];
        outlet.members += 1;
        outlet.shard.send(Command::Enter { room, handle });
        true
    }

    /// From here on a session gets nothing.
    pub(crate) fn leave(
        &mut self,
        room: RoomId,
        handle: &SessionHandle,
        membership: MembershipNumber,
        log: Option<Arc<dyn Log>>,
    ) {
        let Some(index) = self.index_of(handle) else { return };
        let outlet = &mut self.0[index];
        outlet.shard.send(Command::Leave { room, session: handle.number, membership, log });
        outlet.members -= 1;
        if outlet.members == 0 {
            self.0.remove(index);
        }
    }

    /// Delivers a publication to every session, or to every one but one.
    pub(crate) fn deliver(
        &self,
        room: RoomId,
        publication: &Publication,
        except: Option<SessionId>,
    ) {
        for outlet in &self.0 {
            let (target, publication) = (Target::Room { room, except }, publication.clone());
            outlet.shard.send(Command::Deliver { target, publication, question: None });
        }
    }

    /// What is delivered from here on is of another order.
    /// `log` is what was kept of the former one, which is there until what came before this is delivered.
    pub(crate) fn end_order(&self, room: RoomId, log: Option<&Arc<dyn Log>>) {
        for outlet in &self.0 {
            outlet.shard.send(Command::EndOrder { room, log: log.cloned() });
        }
    }

    /// Sends the newest values of the room to one session that has entered.
    pub(crate) fn send_newest(&self, handle: &Arc<SessionHandle>, publications: Vec<Publication>) {
        if let Some(index) = self.index_of(handle) {
            let handle = handle.clone();
            self.0[index].shard.send(Command::Newest { handle, publications });
        }
    }

    /// Sends to one session, in order with what was delivered to its shard before. To one that has
    /// entered it takes nothing that the workers share.
    pub(crate) fn send_to(
        &self,
        broadcaster: &Broadcaster,
        handle: &Arc<SessionHandle>,
        publication: Publication,
    ) {
        match self.index_of(handle) {
            Some(index) => {
                let handle = handle.clone();
                self.0[index].shard.send(Command::One { handle, publication, asked: None });
            }
            None => broadcaster.send_to(handle, publication),
        }
    }

    /// Has a session that has entered read what the room keeps after one number, up to another.
    pub(crate) fn replay(
        &self,
        room: RoomId,
        handle: &Arc<SessionHandle>,
        log: Arc<dyn Log>,
        numbers: (u64, u64),
    ) {
        if let Some(index) = self.index_of(handle) {
            let handle = handle.clone();
            self.0[index].shard.send(Command::Replay { room, handle, log, numbers });
        }
    }

    /// Sends a session that has entered once more what it missed.
    pub(crate) fn send_again(&self, handle: &Arc<SessionHandle>, missed: Vec<Publication>) {
        if let Some(index) = self.index_of(handle) {
            self.0[index].shard.send(Command::Again { handle: handle.clone(), missed });
        }
    }

    /// The room has ended: no shard keeps anything of it.
    pub(crate) fn close(&mut self, room: RoomId, log: Option<&Arc<dyn Log>>) {
        for outlet in self.0.drain(..) {
            outlet.shard.send(Command::CloseRoom { room, log: log.cloned() });
        }
    }

    /// How many sessions have entered.
    pub(crate) fn members(&self) -> usize {
        self.0.iter().map(|outlet| outlet.members).sum()
    }

    /// Which of them a session is on.
    fn index_of(&self, handle: &SessionHandle) -> Option<usize> {
        self.0.iter().position(|outlet| outlet.shard.number() == handle.shard)
    }
}

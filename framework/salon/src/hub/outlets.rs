//! Where a room publishes to: the shards of the workers that its members are on.
//!
//! It must never know who a member is to the room: it counts sessions.

use std::{rc::Rc, sync::Arc};

use super::{Broadcaster, Command, ShardHandle, Target, gate::Gate, window::Window};
use crate::{
    base::{number::MembershipNumber, room_id::RoomId},
    message::{Log, Publication, Stretch},
    session::{handle::SessionHandle, session_id::SessionId},
};

/// The outlets of one room. What goes out by them is in one order for each, and names rooms and sessions
/// by what they are called in every process.
pub(crate) struct Outlets {
    list: Vec<Outlet>,
    /// What a durable room says waits there.
    gate: Option<Rc<Gate>>,
    /// What goes out, past the gate, waits there for the end of the room's window.
    window: Option<Rc<Window>>,
}

/// A shard with members of the room.
struct Outlet {
    shard: ShardHandle,
    members: usize,
}

impl Outlets {
    /// Without any session. What goes out waits at that gate if there is one, and then for the end of that
    /// window.
    pub(crate) fn new(gate: Option<Rc<Gate>>, window: Option<Rc<Window>>) -> Self {
        Self { list: Vec::new(), gate, window }
    }

    /// The room's window, if it has one.
    pub(crate) fn window(&self) -> Option<&Rc<Window>> {
        self.window.as_ref()
    }

    /// What was said to a session's shard so far goes out ahead of what is sent to it at once.
    pub(crate) fn end_window(&self, handle: &Arc<SessionHandle>) {
        match (&self.gate, &self.window) {
            (_, None) => {}
            (None, Some(window)) => window.end_for(handle),
            (Some(gate), Some(window)) => {
                let (window, handle) = (window.clone(), handle.clone());
                gate.then(move |_| window.end_for(&handle));
            }
        }
    }

    fn tell(&self, shard: &ShardHandle, command: Command) {
        match (&self.gate, &self.window) {
            (None, None) => shard.send(command),
            (None, Some(window)) => window.tell(shard, command),
            (Some(gate), window) => gate.tell(shard, command, window.as_ref()),
        }
    }

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
                self.list.push(Outlet { shard, members: 0 });
                self.list.len() - 1
            }
        };
        self.list[index].members += 1;
        self.tell(&self.list[index].shard, Command::Enter { room, handle });
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
        let leave = Command::Leave { room, session: handle.number, membership, log };
        self.tell(&self.list[index].shard, leave);
        self.list[index].members -= 1;
        if self.list[index].members == 0 {
            self.list.remove(index);
        }
    }

    /// Delivers a publication to every session, or to every one but one.
    pub(crate) fn deliver(
        &self,
        room: RoomId,
        publication: &Publication,
        except: Option<SessionId>,
    ) {
        for outlet in &self.list {
            let (target, publication) = (Target::Room { room, except }, publication.clone());
            self.tell(&outlet.shard, Command::Deliver { target, publication, question: None });
        }
    }

    /// What is delivered from here on is of another order.
    /// `log` is what was kept of the former one, which is there until what came before this is delivered.
    pub(crate) fn end_order(&self, room: RoomId, log: Option<&Arc<dyn Log>>) {
        for outlet in &self.list {
            self.tell(&outlet.shard, Command::EndOrder { room, log: log.cloned() });
        }
    }

    /// Sends the newest values of the room to one session that has entered.
    pub(crate) fn send_newest(&self, handle: &Arc<SessionHandle>, publications: Vec<Publication>) {
        if let Some(index) = self.index_of(handle) {
            let handle = handle.clone();
            self.tell(&self.list[index].shard, Command::Newest { handle, publications });
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
                self.tell(&self.list[index].shard, one(handle, publication));
            }
            None => match (&self.gate, broadcaster.shard(handle.shard)) {
                (Some(gate), Some(shard)) => {
                    gate.tell(&shard, one(handle, publication), self.window.as_ref());
                }
                (Some(_), None) => {}
                (None, _) => broadcaster.send_to(handle, publication),
            },
        }
    }

    /// Has a session that has entered read that part of what the room keeps.
    pub(crate) fn replay(
        &self,
        room: RoomId,
        handle: &Arc<SessionHandle>,
        log: Arc<dyn Log>,
        stretch: Stretch,
    ) {
        if let Some(index) = self.index_of(handle) {
            let handle = handle.clone();
            self.tell(&self.list[index].shard, Command::Replay { room, handle, log, stretch });
        }
    }

    /// Sends a session that has entered once more what it missed.
    pub(crate) fn send_again(&self, handle: &Arc<SessionHandle>, missed: Vec<Publication>) {
        if let Some(index) = self.index_of(handle) {
            self.tell(&self.list[index].shard, Command::Again { handle: handle.clone(), missed });
        }
    }

    /// Sends a session that has entered once more what it has not acknowledged.
    pub(crate) fn send_unacknowledged(&self, handle: &Arc<SessionHandle>, again: Vec<Publication>) {
        if let Some(index) = self.index_of(handle) {
            let handle = handle.clone();
            self.tell(&self.list[index].shard, Command::Unacknowledged { handle, again });
        }
    }

    /// The room has ended: no shard keeps anything of it.
    pub(crate) fn close(&mut self, room: RoomId, log: Option<&Arc<dyn Log>>) {
        for outlet in std::mem::take(&mut self.list) {
            self.tell(&outlet.shard, Command::CloseRoom { room, log: log.cloned() });
        }
    }

    /// How many sessions have entered.
    pub(crate) fn members(&self) -> usize {
        self.list.iter().map(|outlet| outlet.members).sum()
    }

    /// Which of them a session is on.
    fn index_of(&self, handle: &SessionHandle) -> Option<usize> {
        self.list.iter().position(|outlet| outlet.shard.number() == handle.shard)
    }
}

fn one(handle: &Arc<SessionHandle>, publication: Publication) -> Command {
    Command::One { handle: handle.clone(), publication, asked: None }
}

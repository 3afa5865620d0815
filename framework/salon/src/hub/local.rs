//! What a shard has of its worker: the sessions, and the rooms that they are in.
//!
//! It must never wait, and never run code of the application but for a parser.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError},
};

use bytestring::ByteString;

use super::{
    command::Command, local_members::LocalMembers, local_sessions::LocalSessions,
    question::Question, target::Target,
};
use crate::{
    base::{
        number::{MembershipNumber, SessionNumber},
        room_id::RoomId,
        slack::Slack,
    },
    message::{Class, Publication},
    session::{handle::SessionHandle, session_id::ById},
};

/// The sessions of one worker, and the rooms that they are in.
#[derive(Default)]
pub(super) struct Local {
    /// Their ids are drawn here: nobody can choose them to meet.
    rooms: HashMap<RoomId, LocalMembers, foldhash::fast::RandomState>,
    namespaces: HashMap<ByteString, LocalSessions>,
}

impl Local {
    /// Carries a command out.
    pub(super) fn apply(&mut self, command: Command) {
        match command {
            Command::Register(handle) => self.register(handle),
            Command::Unregister(handle) => self.unregister(&handle),
            Command::Enter { room, handle } => {
                let is_new = self.rooms.entry(room).or_default().insert(handle);
                debug_assert!(is_new, "a room lets a member go before it takes it in again");
            }
            Command::Leave { room, session, membership, log: _log } => {
                self.leave(room, session, membership);
            }
            Command::CloseRoom { room, log: _log } => {
                for handle in self.rooms.remove(&room).iter().flat_map(LocalMembers::iter) {
                    handle.outbox.resume_all(room);
                }
                self.rooms.shed();
            }
            Command::EndOrder { room, log: _log } => {
                for handle in self.rooms.get(&room).into_iter().flat_map(LocalMembers::iter) {
                    handle.outbox.end_order(room);
                }
            }
            Command::Replay { room, handle, log, stretch } => handle.replay(room, log, stretch),
            Command::Again { handle, missed } => {
                for publication in &missed {
                    // Where there is no place nothing ends by it: its client asks again.
                    let _ = handle.offer(publication);
                }
            }
            Command::Unacknowledged { handle, again } => {
                let due = again.iter().filter(|publication| !handle.outbox.is_to_read(publication));
                for publication in due {
                    // Where there is no place it is due again.
                    let _ = handle.offer(publication);
                }
            }
            Command::JoinNamed { handle, room } => self.join_named(&handle, room),
            Command::LeaveNamed { handle, room } => self.leave_named(&handle, &room),
            Command::One { handle, publication, asked } => {
                self.send_one(&handle, &publication, asked);
            }
            Command::Newest { handle, publications } => {
                for publication in &publications {
                    // Whoever has lost the room meanwhile, or is gone, needs none of them.
                    let _ = handle.push_in_order(publication);
                }
            }
            Command::Deliver { target, publication, question } => {
                self.each(&target, |handle| deliver(handle, &publication, question.as_ref()));
            }
            Command::Together(commands) => self.apply_together(commands),
            Command::JoinAll { target, room } => {
                for handle in self.collect(&target) {
                    self.join_named(&handle, room.clone());
                }
            }
            Command::LeaveAll { target, room } => {
                for handle in self.collect(&target) {
                    self.leave_named(&handle, &room);
                }
            }
            Command::EndAll { target, end } => {
                self.each(&target, |handle| handle.request_end(end));
            }
            Command::Fetch { target, found } => {
                // The asker may have stopped waiting.
                let _ = found.send(self.collect(&target));
            }
        }
    }

    /// Carries out what a room has said within its window: for each client it is one moment, and whoever can
    /// take something at that gets what is volatile too.
    fn apply_together(&mut self, commands: Vec<Command>) {
        let volatile = commands.iter().find_map(|command| match command {
            Command::Deliver { target: Target::Room { room, .. }, publication, .. } => {
                (*publication.class() == Class::Volatile).then_some(*room)
            }
            _ => None,
        });
        let writable = volatile.map(|room| self.writable(room)).unwrap_or_default();
        for command in commands {
            match command {
                Command::Deliver { target, publication, .. }
                    if *publication.class() == Class::Volatile =>
                {
                    self.each(&target, |handle| {
                        let could = writable.contains(&handle.number);
                        // Whoever could not misses it.
                        let _ = handle.push_along(&publication, could);
                    });
                }
                command => self.apply(command),
            }
        }
    }

    /// Which of the members of a room can take something now.
    fn writable(&self, room: RoomId) -> HashSet<SessionNumber> {
        let members = self.rooms.get(&room).into_iter().flat_map(LocalMembers::iter);
        let writable = members.filter(|handle| handle.outbox.is_writable());
        writable.map(|handle| handle.number).collect()
    }

    fn register(&mut self, handle: Arc<SessionHandle>) {
        let local = self.namespaces.entry(handle.namespace.clone()).or_default();
        local.sessions.replace(ById(handle));
    }

    fn unregister(&mut self, handle: &Arc<SessionHandle>) {
        for room in handle.named_rooms() {
            self.leave_named(handle, &room);
        }
        if let Some(local) = self.namespaces.get_mut(&handle.namespace) {
            local.sessions.swap_remove(&handle.id);
            local.sessions.shed();
            if local.sessions.is_empty() {
                self.namespaces.remove(&handle.namespace);
                self.namespaces.shed();
            }
        }
    }

    fn leave(&mut self, room: RoomId, session: SessionNumber, membership: MembershipNumber) {
        let Some(members) = self.rooms.get_mut(&room) else { return };
        let left = members.remove(session);
        debug_assert!(left.is_some(), "a member of a room that leaves is one of those here");
        if let Some(handle) = left {
            // What the room sent by this membership came before this.
            if handle.has_ended() {
                handle.outbox.forget_lag(room);
            }
            handle.outbox.resume(room, membership);
        }
        if members.is_empty() {
            self.rooms.remove(&room);
            self.rooms.shed();
        }
    }

    /// Queues something for one session. What a room asks goes off whenever whoever asks gets to it:
    /// whether it is for a member still is known here, where members come and go in order.
    fn send_one(&self, handle: &SessionHandle, publication: &Publication, asked: Option<u64>) {
        if let (Some(id), Some(room)) = (asked, publication.room())
            && !self.rooms.get(&room).is_some_and(|members| members.contains(handle.number))
        {
            handle.count_suppressed(1);
            return handle.state.acknowledgements.forget(id);
        }
        push(handle, publication, asked);
    }

    fn join_named(&mut self, handle: &Arc<SessionHandle>, room: ByteString) {
        let Some(local) = self.namespaces.get_mut(&handle.namespace) else { return };
        // A session that has ended must not come back as a ghost by a join that was under way.
        if !local.sessions.contains(&handle.id) {
            return;
        }
        let members = local.rooms.entry(room.clone()).or_default();
        if members.insert(handle.clone()) {
            let mut rooms = handle.state.named_rooms.lock().unwrap_or_else(PoisonError::into_inner);
            rooms.get_or_insert_default().push(room);
        }
    }

    fn leave_named(&mut self, handle: &SessionHandle, room: &ByteString) {
        let mut rooms = handle.state.named_rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rooms) = rooms.as_deref_mut() {
            rooms.retain(|joined| joined != room);
        }
        drop(rooms);
        let Some(local) = self.namespaces.get_mut(&handle.namespace) else { return };
        if let Some(members) = local.rooms.get_mut(room) {
            members.remove(handle.number);
            if members.is_empty() {
                local.rooms.remove(room);
                local.rooms.shed();
            }
        }
    }

    /// All sessions of the worker.
    pub(super) fn handles(&self) -> Vec<Arc<SessionHandle>> {
        let sessions = self.namespaces.values().flat_map(|local| local.sessions.iter());
        sessions.map(|ById(handle)| handle.clone()).collect()
    }

    fn collect(&self, target: &Target) -> Vec<Arc<SessionHandle>> {
        let mut found = Vec::new();
        self.each(target, |handle| found.push(handle.clone()));
        found
    }

    /// Calls `visit` once for each session that the target means.
    fn each(&self, target: &Target, mut visit: impl FnMut(&Arc<SessionHandle>)) {
        match target {
            Target::Room { room, except } => {
                let Some(members) = self.rooms.get(room) else { return };
                match except {
                    None => members.iter().for_each(visit),
                    Some(except) => {
                        members.iter().filter(|handle| handle.id != *except).for_each(visit);
                    }
                }
            }
            Target::Namespace { namespace, to, except } => {
                if let Some(local) = self.namespaces.get(namespace) {
                    local.each(to, except, visit);
                }
            }
            Target::Session { namespace, id } => {
                let local = self.namespaces.get(namespace);
                if let Some(ById(handle)) = local.and_then(|local| local.sessions.get(id)) {
                    visit(handle);
                }
            }
            Target::User { namespace, sessions, .. } => {
                if let Some(local) = self.namespaces.get(namespace) {
                    // By their ids, and not by rooms that may be called so.
                    let found = sessions.iter().filter_map(|id| local.sessions.get(id));
                    found.for_each(|ById(handle)| visit(handle));
                }
            }
        }
    }
}

fn deliver(handle: &Arc<SessionHandle>, publication: &Publication, question: Option<&Question>) {
    if let Some(question) = question
        && question.put_to(handle).is_err()
    {
        return;
    }
    push(handle, publication, question.map(Question::id));
}

fn push(handle: &SessionHandle, publication: &Publication, asked: Option<u64>) {
    if let (Err(_), Some(id)) = (handle.push(publication), asked) {
        handle.state.acknowledgements.forget(id);
    }
}

//! All clients, on one thread and one epoll set.
//!
//! It must never leave a server time that clients would not leave it: who is let in goes on at once.

use std::{collections::BTreeMap, io::ErrorKind, net::SocketAddr, time::Duration};

use jsonwebtoken::{EncodingKey, Header};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use salon_tests::Result;
use serde_json::json;

use super::member::{Member, Stage};
use crate::measure::now;

/// How many may wait to be accepted: actix-web's listening socket has room for 1,024, and whoever finds no
/// place comes again after a second, which would be measured.
const WAITING: usize = 512;

/// How long all of them may take for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long nothing must have come until all is said.
const QUIET: Duration = Duration::from_millis(500);

/// The clients of all rooms.
pub(super) struct Members {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    rooms: usize,
    /// How many wait to be let in, and how many have joined.
    waiting: usize,
    joined: usize,
    buffer: Vec<u8>,
}

impl Members {
    /// So many in so many rooms, each of whom has a token that is signed with the secret.
    pub(super) fn new(clients: usize, rooms: usize, secret: &str) -> Result<Self> {
        let key = EncodingKey::from_secret(secret.as_bytes());
        let mut members = Vec::with_capacity(clients);
        for client in 0..clients {
            let name = format!("client {client}");
            let claims = json!({ "sub": name, "exp": 4_000_000_000_u64 });
            let token = jsonwebtoken::encode(&Header::default(), &claims, &key)?;
            members.push(Member::new(name, format!("room {}", client % rooms), token));
        }
        let (poll, events) = (Poll::new()?, Events::with_capacity(1024));
        let buffer = vec![0; 64 * 1024];
        Ok(Self { poll, events, members, rooms, waiting: 0, joined: 0, buffer })
    }

    /// All of them come in, and join; it is over when the last one has joined.
    pub(super) fn join(&mut self, address: SocketAddr) -> Result<()> {
        let (deadline, mut next) = (now() + PATIENCE, 0);
        while self.joined < self.members.len() {
            while next < self.members.len() && self.waiting < WAITING {
                let mut stream = TcpStream::connect(address)?;
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut stream, Token(next), interest)?;
                self.members[next].connect(stream);
                (next, self.waiting) = (next + 1, self.waiting + 1);
            }
            self.listen(Duration::from_millis(100))?;
            if now() > deadline {
                let missing = self.members.len() - self.joined;
                return Err(format!("{missing} clients did not join in time").into());
            }
        }
        Ok(())
    }

    /// The first of each room says so many things; it is over when all are acknowledged, and nothing comes
    /// any more.
    pub(super) fn say(&mut self, count: usize) -> Result<()> {
        for event in 0..count {
            for member in &mut self.members[..self.rooms] {
                member.say(&format!("the thing of number {event}"))?;
            }
        }
        self.settle()?;
        let speakers = &self.members[..self.rooms];
        let all = speakers.iter().all(|member| member.acknowledged == count);
        all.then_some(()).ok_or_else(|| "not all that was said was acknowledged".into())
    }

    /// Until nothing comes any more.
    pub(super) fn settle(&mut self) -> Result<()> {
        let (deadline, mut last) = (now() + PATIENCE, now());
        while last.elapsed() < QUIET {
            if self.listen(Duration::from_millis(10))? {
                last = now();
            }
            if now() > deadline {
                return Err("clients are sent something without an end".into());
            }
        }
        Ok(())
    }

    /// All will go on from here, whatever they hear until they are cut.
    pub(super) fn note(&mut self) {
        self.members.iter_mut().for_each(Member::note);
    }

    pub(super) fn cut(&mut self) {
        self.members.iter_mut().for_each(Member::cut);
        (self.waiting, self.joined) = (0, 0);
    }

    /// How many go on from where they were, and what others have lost.
    pub(super) fn resumed(&self) -> (usize, BTreeMap<&str, usize>) {
        let (mut resumed, mut lost) = (0, BTreeMap::new());
        for member in &self.members {
            match member.resumed() {
                Ok(()) => resumed += 1,
                Err(why) => *lost.entry(why).or_default() += 1,
            }
        }
        (resumed, lost)
    }

    /// How many events all of them were sent since they came in.
    pub(super) fn events(&self) -> usize {
        self.members.iter().map(|member| member.events).sum()
    }

    /// How much of what was said all of them have heard since they came in.
    pub(super) fn heard(&self) -> usize {
        self.members.iter().map(|member| member.heard).sum()
    }

    /// Takes what has come; whether anything has.
    fn listen(&mut self, wait: Duration) -> Result<bool> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(false),
            result => result?,
        }
        let mut has_come = false;
        for event in &self.events {
            let Some(member) = self.members.get_mut(event.token().0) else { continue };
            if event.is_writable() {
                member.flush()?;
            }
            if event.is_readable() {
                has_come = true;
                let before = member.stage();
                member.read(&mut self.buffer)?;
                let is_passed = |stage| before <= stage && member.stage() > stage;
                self.waiting -= usize::from(is_passed(Stage::Upgrading));
                self.joined += usize::from(is_passed(Stage::Joining));
            }
        }
        Ok(has_come)
    }
}

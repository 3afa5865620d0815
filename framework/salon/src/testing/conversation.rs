//! What one client has said and heard: Socket.IO above, Engine.IO packets below.
//!
//! It must never lose or reorder what came: what a test does not ask for stays, in order.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    panic::Location,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    happened::{Happened, Traffic},
    incoming::{Closed, Incoming},
    journal::{Actor, Journal},
    order::Orders,
    outgoing::Outgoing,
    promised::Promised,
    speech::Speech,
    wire::Wire,
    world::World,
};
use crate::{
    base::refusal::{Code, Refusal},
    connection::Core,
    payload::Payload,
    wire::{
        engine_io::{self, Message},
        socket_io::{Packet, Parser},
        websocket::CloseFrame,
    },
};

/// One client's side of a connection.
pub(super) struct Conversation {
    pub(super) name: Arc<str>,
    pub(super) world: Rc<World>,
    pub(super) journal: Journal,
    pub(super) namespace: ByteString,
    /// Whether it speaks Engine.IO alone: then messages are given to the test as they come.
    raw: bool,
    wire: Wire,
    parser: Arc<dyn Parser>,
    promised: Promised,
    state: RefCell<State>,
}

/// How one client comes.
pub(super) struct Introduction {
    pub(super) namespace: ByteString,
    pub(super) wire: Wire,
    /// The `auth` object.
    pub(super) auth: Option<Value>,
    /// Whether it speaks nothing above its transport.
    pub(super) raw: bool,
}

/// How the attempt to connect to the namespace went.
#[derive(Clone, Debug)]
pub(super) enum Attempt {
    Connected {
        sid: String,
    },
    Refused(Refusal),
    /// The request itself was refused.
    Rejected {
        status: u16,
        body: String,
    },
}

struct State {
    speech: Speech,
    /// The `auth` object.
    auth: Option<Value>,
    outgoing: VecDeque<Outgoing>,
    sender: Option<Waker>,
    attempt: Option<Attempt>,
    /// Whether the next CONNECT says what was seen of rooms.
    claims: bool,
    /// What the session can be recovered with.
    recovery: Option<(String, Option<String>)>,
    events: VecDeque<Incoming>,
    orders: Orders,
    messages: VecDeque<Message>,
    answers: BTreeMap<u64, Payload>,
    next_id: u64,
    /// How many connections there have been before.
    generation: u64,
    /// When the server disconnected the session, if it did.
    disconnected: Option<Duration>,
    code: Option<Code>,
    closed: Option<Closed>,
    twice: bool,
    mute: bool,
}

/// What a server says of a connection.
#[derive(Deserialize)]
struct Opened {
    sid: String,
}

/// What a server says of a session.
#[derive(Deserialize)]
struct Connected {
    sid: String,
    pid: Option<String>,
}

/// What a server says when it refuses a client.
#[derive(Deserialize)]
struct ConnectRefusal {
    message: String,
    data: Option<Value>,
}

impl Conversation {
    pub(super) fn new(
        name: Arc<str>,
        world: Rc<World>,
        journal: Journal,
        core: &Core,
        introduction: Introduction,
    ) -> Rc<Self> {
        let Introduction { namespace, wire, auth, raw } = introduction;
        let (parser, orders) = (core.parser().clone(), {
            let names = core.namespaces();
            Orders::new(names.kept(), names.lossy(), names.acked())
        });
        let state = RefCell::new(State {
            speech: Speech::new(wire, &parser),
            auth,
            outgoing: VecDeque::new(),
            sender: None,
            attempt: None,
            claims: false,
            recovery: None,
            events: VecDeque::new(),
            orders,
            messages: VecDeque::new(),
            answers: BTreeMap::new(),
            next_id: 0,
            generation: 0,
            disconnected: None,
            code: None,
            closed: None,
            twice: false,
            mute: false,
        });
        let promised = Promised::to(core, &namespace);
        Rc::new(Self { name, world, journal, namespace, raw, wire, parser, promised, state })
    }

    /// Checks that a session can be asked for again, if there is one to ask for.
    ///
    /// # Panics
    /// When the `auth` is no object, which has no room for that.
    pub(super) fn check_recovery(&self) {
        let state = self.state.borrow();
        let fits = state.auth.as_ref().is_none_or(Value::is_object);
        assert!(
            fits || state.recovery.is_none(),
            "the session cannot be asked for again: this client's auth is no object"
        );
    }

    /// Forgets the connection that was, for the next one; what came and was not asked for stays.
    pub(super) fn begin_again(&self) {
        let state = &mut *self.state.borrow_mut();
        state.speech = Speech::new(self.wire, &self.parser);
        state.outgoing.clear();
        state.attempt = None;
        state.generation += 1;
        state.answers.clear();
        self.promised.forget();
        (state.disconnected, state.code, state.closed) = (None, None, None);
    }

    pub(super) fn note(&self, what: Happened) {
        self.journal.note(Actor::Client(self.name.clone()), what);
    }

    fn note_sent(&self, traffic: Traffic) {
        self.note(Happened::Sent(traffic));
    }

    fn note_came(&self, traffic: Traffic) {
        self.note(Happened::Came(traffic));
    }

    /// Fails the test, with what led to it.
    pub(super) fn fail(&self, caller: &Location<'_>, what: &str) -> ! {
        self.journal.fail(&self.name, caller, what)
    }

    /// Whether it speaks Engine.IO alone.
    pub(super) fn is_raw(&self) -> bool {
        self.raw
    }

    /// Whether the client leaves pings unanswered.
    pub(super) fn set_mute(&self, mute: bool) {
        self.state.borrow_mut().mute = mute;
    }

    /// Sends the next packet twice.
    pub(super) fn send_next_twice(&self) {
        self.state.borrow_mut().twice = true;
    }

    /// Sends a packet.
    ///
    /// # Panics
    /// When the lab has ended; so do the others that send.
    pub(super) fn send(&self, packet: &Packet) {
        self.send_as(|speech| speech.put(packet));
    }

    /// Refuses a question.
    pub(super) fn refuse_question(&self, id: u64, refusal: &Refusal) {
        self.send_as(|speech| speech.refuse(&self.namespace, id, refusal));
    }

    fn send_as(&self, put: impl Fn(&Speech) -> Vec<Outgoing>) {
        self.world.check();
        let state = &mut *self.state.borrow_mut();
        let times = if std::mem::take(&mut state.twice) { 2 } else { 1 };
        for _ in 0..times {
            for outgoing in put(&state.speech) {
                state.queue(outgoing);
            }
        }
    }

    /// Sends an event, with an id if it is to be acknowledged.
    pub(super) fn emit(&self, name: &str, arguments: Payload, acknowledged: bool) -> Option<u64> {
        self.world.check();
        let id = acknowledged.then(|| {
            let mut state = self.state.borrow_mut();
            state.next_id += 1;
            state.next_id - 1
        });
        self.note_sent(Traffic::event(name, id, &arguments));
        if let Some(id) = id {
            self.promised.asks(id, name, &arguments);
        }
        self.state.borrow_mut().orders.send(name, &arguments);
        let namespace = self.namespace.clone();
        self.send(&Packet::Event { namespace, id, name: name.into(), arguments });
        id
    }

    /// Sends something that is no Socket.IO packet.
    pub(super) fn send_raw(&self, message: Message) {
        self.world.check();
        self.note_sent(Traffic::Message(message.clone()));
        self.state.borrow_mut().queue(Outgoing::Packet(engine_io::Packet::Message(message)));
    }

    /// Closes the link once everything before is sent.
    pub(super) fn close_link(&self) {
        self.world.check();
        self.state.borrow_mut().queue(Outgoing::Close);
    }

    /// The next thing to be sent.
    pub(super) fn poll_outgoing(&self, cx: &mut Context<'_>) -> Poll<Outgoing> {
        let mut state = self.state.borrow_mut();
        match state.outgoing.pop_front() {
            Some(outgoing) => Poll::Ready(outgoing),
            None => {
                state.sender = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Adds what else is to be sent to the packets of a post, as far as its bytes go.
    pub(super) fn take_packets(&self, max_bytes: usize, packets: &mut Vec<engine_io::Packet>) {
        // One byte for the separator.
        let mut bytes: usize = packets.iter().map(|packet| packet.encoded_len() + 1).sum();
        let mut state = self.state.borrow_mut();
        while let Some(Outgoing::Packet(packet)) = state.outgoing.front() {
            bytes += packet.encoded_len() + 1;
            if bytes > max_bytes {
                return;
            }
            if let Some(Outgoing::Packet(packet)) = state.outgoing.pop_front() {
                packets.push(packet);
            }
        }
    }

    /// A WebSocket is open: who speaks first does.
    pub(super) fn opened(&self) {
        if !self.state.borrow().speech.speaks_first() {
            return;
        }
        match self.raw {
            true => {
                let sid = String::new();
                self.state.borrow_mut().attempt = Some(Attempt::Connected { sid });
            }
            false => self.connect(),
        }
    }

    /// Takes a packet of the link in.
    pub(super) fn receive(&self, packet: engine_io::Packet) {
        match packet {
            engine_io::Packet::Open(open) if self.raw => {
                let opened = serde_json::from_str(&open).ok();
                self.state.borrow_mut().attempt =
                    opened.map(|Opened { sid }| Attempt::Connected { sid });
            }
            engine_io::Packet::Open(_) => self.connect(),
            engine_io::Packet::Ping(data) => {
                let mut state = self.state.borrow_mut();
                if state.mute {
                    self.note_came(Traffic::Ping);
                } else {
                    state.queue(Outgoing::Packet(engine_io::Packet::Pong(data)));
                }
            }
            engine_io::Packet::Message(message) if self.raw => {
                self.note_came(Traffic::Message(message.clone()));
                self.state.borrow_mut().messages.push_back(message);
            }
            engine_io::Packet::Message(message) => {
                let decoded = self.state.borrow_mut().speech.understand(message);
                match decoded {
                    Ok(None) => {}
                    Ok(Some(packet)) => self.receive_packet(packet),
                    Err(error) => self.note_came(Traffic::Malformed(error)),
                }
            }
            engine_io::Packet::Close => self.end("the server closed the connection", None),
            engine_io::Packet::Pong(_) | engine_io::Packet::Upgrade | engine_io::Packet::Noop => {}
        }
    }

    /// The next CONNECT says what was seen of rooms.
    ///
    /// # Panics
    /// When the `auth` is no object, which has no room for that.
    pub(super) fn claim_what_was_seen(&self) {
        let mut state = self.state.borrow_mut();
        let fits = state.auth.as_ref().is_none_or(Value::is_object);
        assert!(fits, "what was seen of rooms cannot be said: this client's auth is no object");
        state.claims = true;
    }

    fn connect(&self) {
        let mut auth = self.state.borrow().auth.clone();
        if std::mem::take(&mut self.state.borrow_mut().claims) {
            let auth = auth.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
            auth["salon"] = json!({ "after": self.state.borrow().orders.seen() });
        }
        if let Some((pid, offset)) = &self.state.borrow().recovery {
            let auth = auth.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
            auth["pid"] = pid.clone().into();
            if let Some(offset) = offset {
                auth["offset"] = offset.clone().into();
            }
        }
        let auth = auth.map(|auth| auth.to_string().into());
        self.send(&Packet::Connect { namespace: self.namespace.clone(), auth });
    }

    fn receive_packet(&self, packet: Packet) {
        match packet {
            Packet::Connect { auth, .. } => {
                let auth = auth.and_then(|auth| serde_json::from_str::<Connected>(&auth).ok());
                let Some(Connected { sid, pid }) = auth else { return };
                self.note_came(Traffic::Connected);
                let mut state = self.state.borrow_mut();
                // What was missed came before this; its offset stands.
                let offset = state.recovery.take().and_then(|(_, offset)| offset);
                state.recovery = pid.map(|pid| (pid, offset));
                state.attempt = Some(Attempt::Connected { sid });
            }
            Packet::ConnectError { data, .. } => {
                self.note_came(Traffic::Refused(data.clone()));
                self.state.borrow_mut().attempt = Some(Attempt::Refused(connect_refusal(&data)));
            }
            Packet::Event { name, mut arguments, id, .. } => {
                self.note_came(Traffic::event(&name, id, &arguments));
                let at = self.world.elapsed();
                let position = self.state.borrow_mut().orders.take(&name, &mut arguments);
                let position = position.unwrap_or_else(|mistake| {
                    self.check(Err(format!("{} got {name}, and {mistake}", self.name)));
                    None
                });
                let name = name.to_string();
                self.check(self.promised.is_sent(&name, &arguments));
                self.state.borrow_mut().take_event(Incoming {
                    name,
                    payload: arguments,
                    position,
                    at,
                    id,
                });
            }
            Packet::Ack { id, arguments, .. } => {
                self.note_came(Traffic::acknowledgement(id, &arguments));
                self.check(self.promised.is_answered(id, &arguments));
                self.state.borrow_mut().answers.insert(id, arguments);
            }
            Packet::Disconnect { .. } => {
                self.note_came(Traffic::Disconnect);
                self.state.borrow_mut().disconnected = Some(self.world.elapsed());
            }
        }
    }

    /// Takes a mistake of the server's down, if it has made one. A panic would be lost here, in the client's
    /// own task.
    fn check(&self, checked: Result<(), String>) {
        if let Err(mistake) = checked {
            self.world.note_mistake(self.journal.failure(&self.name, &mistake));
        }
    }

    /// The session was refused; JSON says why, as Socket.IO has it.
    pub(super) fn refuse(&self, data: ByteString) {
        self.receive_packet(Packet::ConnectError { namespace: self.namespace.clone(), data });
    }

    /// The request that was to open the connection was refused.
    pub(super) fn reject(&self, status: u16, body: String) {
        self.note_came(Traffic::Response { status, body: body.clone() });
        self.state.borrow_mut().attempt.get_or_insert(Attempt::Rejected { status, body });
        self.end("the server refused the request", None);
    }

    /// The link has ended. The first end stands.
    pub(super) fn end(&self, why: &str, frame: Option<CloseFrame>) {
        let mut state = self.state.borrow_mut();
        if state.closed.is_none() {
            self.note(Happened::Noted(format!("· {why}")));
            let code = state.code.clone().unwrap_or(Code::Disconnected);
            let (disconnected, at) = (state.disconnected.is_some(), self.world.elapsed());
            let (close_code, reason) = match frame {
                Some(CloseFrame { code, reason }) => (Some(code.get()), Some(reason.to_string())),
                None => (None, None),
            };
            state.closed = Some(Closed { code, disconnected, close_code, reason, at });
        }
    }

    pub(super) fn attempt(&self) -> Option<Attempt> {
        self.state.borrow().attempt.clone()
    }

    /// How it ended, if it did: also by a disconnect of the session alone.
    pub(super) fn closed(&self) -> Option<Closed> {
        let state = self.state.borrow();
        state.closed.clone().or_else(|| {
            let at = state.disconnected?;
            let code = state.code.clone().unwrap_or(Code::Disconnected);
            Some(Closed { code, disconnected: true, close_code: None, reason: None, at })
        })
    }

    /// Which of the client's connections this is.
    pub(super) fn generation(&self) -> u64 {
        self.state.borrow().generation
    }

    pub(super) fn take_answer(&self, id: u64) -> Option<Payload> {
        self.state.borrow_mut().answers.remove(&id)
    }

    /// Takes the first event out that `wanted` wants.
    pub(super) fn take_event(&self, wanted: impl Fn(&Incoming) -> bool) -> Option<Incoming> {
        let mut state = self.state.borrow_mut();
        let index = state.events.iter().position(wanted)?;
        state.events.remove(index)
    }

    /// Takes the next message of a client that speaks Engine.IO alone.
    pub(super) fn take_message(&self) -> Option<Message> {
        self.state.borrow_mut().messages.pop_front()
    }

    /// Everything that came and was not asked for, but for what every join brings.
    pub(super) fn take_events(&self) -> Vec<Incoming> {
        let mut state = self.state.borrow_mut();
        let (joined, events) =
            state.events.drain(..).partition(|event| event.name == "salon:joined");
        state.events = joined;
        events.into()
    }
}

impl State {
    fn queue(&mut self, outgoing: Outgoing) {
        self.outgoing.push_back(outgoing);
        if let Some(sender) = self.sender.take() {
            sender.wake();
        }
    }

    fn take_event(&mut self, incoming: Incoming) {
        // A server that recovers sessions adds an offset to what it numbers. The official client takes
        // any text for one that is the last of what came, the event's name included.
        if let Some((_, offset)) = &mut self.recovery {
            let last = match incoming.payload.len() {
                0 => Ok(incoming.name.clone()),
                count => incoming.payload.get(count - 1),
            };
            if let Ok(last) = last {
                *offset = Some(last);
            }
        }
        // An eviction has a code as well, which is about its room.
        if incoming.name == "salon:lapsed" {
            let notice = incoming.payload.get::<Value>(0).unwrap_or_default();
            if let Some(code) = notice.get("code").and_then(Value::as_str) {
                self.code = Some(Code::from(code));
            }
        }
        self.events.push_back(incoming);
    }
}

fn connect_refusal(json: &str) -> Refusal {
    let Ok(ConnectRefusal { message, data }) = serde_json::from_str(json) else {
        return Refusal::other("unreadable", json.to_owned());
    };
    let code = data.as_ref().and_then(|data| data.get("code")).and_then(Value::as_str);
    let refusal = Refusal::new(Code::from(code.unwrap_or("not_found")), message);
    match data {
        Some(data) => refusal.with_data(data),
        None => refusal,
    }
}

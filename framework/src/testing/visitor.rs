//! A client that is to connect.
//!
//! It must never send anything before it is told to connect.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use serde::Serialize;
use serde_json::Value;

use super::{
    client::{Client, ConnectError},
    conversation::Conversation,
    lab::{Lab, name},
    line::Direction,
    link::{Link, Wire},
};

/// Describes a client that is to connect; made by [`Lab::visitor`].
#[must_use = "a visitor does nothing until it connects"]
pub struct Visitor<'a> {
    lab: &'a Lab,
    number: u16,
    name: Arc<str>,
    wire: Wire,
    namespace: String,
    auth: Option<Value>,
    headers: Vec<(String, String)>,
    query: String,
    worker: Option<usize>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(lab: &'a Lab, number: u16) -> Self {
        Self {
            lab,
            number,
            name: name(number),
            wire: Wire::default(),
            namespace: "/".to_owned(),
            auth: None,
            headers: vec![("host".to_owned(), "lab.test".to_owned())],
            query: String::new(),
            worker: None,
        }
    }

    /// What transcripts call it.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// How it reaches the server; WebSocket by default.
    pub fn wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Its namespace; `/` by default.
    pub fn namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// Its `auth` object; `()` is none.
    ///
    /// # Panics
    /// When it has no JSON form.
    pub fn auth(mut self, auth: impl Serialize) -> Self {
        let auth = serde_json::to_value(auth).expect("the auth object has a JSON form");
        self.auth = (!auth.is_null()).then_some(auth);
        self
    }

    /// A header of each of its requests, such as `origin` or `cookie`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_lowercase(), value.to_owned()));
        self
    }

    /// A query parameter of each of its requests, encoded as it is to be sent.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query = format!("{}&{name}={value}", self.query);
        self
    }

    /// The worker that serves it; the first is 0. By default chance decides for each request.
    pub fn worker(mut self, worker: usize) -> Self {
        self.worker = Some(worker);
        self
    }

    /// Connects, and waits until the session is connected.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not.
    pub async fn connect(self) -> Result<Client, ConnectError> {
        let Self { lab, number, name, wire, namespace, auth, headers, query, worker } = self;
        let world = lab.world();
        let direction = || Direction::new(world.random(fastrand::Rng::fork));
        let (up, down) = (direction(), direction());
        let realm = lab.salon().realm();
        let conversation = Conversation::new(
            name,
            world.clone(),
            lab.journal().clone(),
            realm.broadcaster().share_parser(),
            namespace.into(),
            auth,
        );
        let link = Rc::new(Link {
            conversation: conversation.clone(),
            door: lab.door().clone(),
            wire,
            worker,
            path: realm.http().path.trim_end_matches('/').to_owned(),
            headers,
            query,
            peer: Lab::address(number),
            up,
            down,
            window: lab.window(),
            pipes: RefCell::default(),
            settled: Cell::new(wire != Wire::Upgrade),
        });
        Client { conversation, link, running: RefCell::default() }.open().await
    }
}

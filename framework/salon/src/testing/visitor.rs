//! A client that is to connect.
//!
//! It must never send anything before it is told to connect.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix_web::http::Method;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::{
    client::{Client, ConnectError},
    conversation::{Conversation, Introduction},
    happened::{Happened, Traffic},
    journal::Actor,
    lab::{Lab, name},
    line::{Direction, Reset},
    link::{Link, in_namespace, with_query},
    server::{Request, Response},
    wire::Wire,
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
    path: Option<String>,
    worker: Option<usize>,
    span: Option<Duration>,
    latency: Duration,
    jitter: Duration,
}

impl Lab {
    /// Describes a client that is to connect: its name, its namespace, its headers.
    pub fn visitor(&self) -> Visitor<'_> {
        let number = self.clients.get();
        self.clients.set(number.wrapping_add(1));
        Visitor::new(self, number)
    }
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
            path: None,
            worker: None,
            span: None,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
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

    /// A header of each of its requests, such as `origin` or `cookie`. A `host` takes the place of
    /// the default, `lab.test`; over a port it is always the port's.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.to_lowercase();
        if name == "host" {
            self.headers.retain(|(name, _)| name != "host");
        }
        self.headers.push((name, value.to_owned()));
        self
    }

    /// A query parameter of each of its requests, encoded as it is to be sent.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query = format!("{}&{name}={value}", self.query);
        self
    }

    /// Where it looks for the server, if the app's routes are in a scope; by default the path that
    /// the Salon was built with.
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The worker that serves it; the first is 0. By default chance decides for each request.
    ///
    /// # Panics
    /// When the lab has no such worker; one behind a port has none to choose from.
    #[track_caller]
    pub fn worker(mut self, worker: usize) -> Self {
        self.lab.world().check_worker(worker);
        self.worker = Some(worker);
        self
    }

    /// Whatever it sends or is sent is under way for `latency`, and up to `jitter` longer, from its
    /// first request on; see [`Client::delay`]. It connects only [while time passes](Self::within).
    pub fn delay(mut self, latency: Duration, jitter: Duration) -> Self {
        (self.latency, self.jitter) = (latency, jitter);
        self
    }

    /// Lets time pass until it is connected, and no longer than `span`. By default none does.
    pub fn within(mut self, span: Duration) -> Self {
        self.span = Some(span);
        self
    }

    /// Connects, and waits until the session is connected.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not.
    pub async fn connect(self) -> Result<Client, ConnectError> {
        self.opened(false).await
    }

    /// Opens a connection and speaks nothing above it: no namespace is connected to, and what comes, of
    /// Engine.IO or over a plain WebSocket, is taken with [`Client::expect_raw`]. The move of [`Wire::Upgrade`] is not waited for.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not.
    pub async fn open(self) -> Result<Client, ConnectError> {
        self.opened(true).await
    }

    /// Sends one HTTP request to the app, with the visitor's headers; it waits for nothing but the
    /// response, so that no time passes. Query parameters are added to those of `target`.
    ///
    /// # Errors
    /// [`ConnectError::Unanswered`] if nothing is left to run and no response came.
    pub async fn request(
        self,
        method: Method,
        target: &str,
        body: impl Into<Bytes>,
    ) -> Result<Response, ConnectError> {
        let Self { lab, number, name, headers, query, worker, .. } = self;
        let target = with_query(target, &query);
        let (world, body, peer) = (lab.world(), body.into(), Lab::address(number));
        let actor = || Actor::Client(name.clone());
        let asked = Traffic::Request {
            method: method.to_string(),
            target: target.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        lab.journal().note(actor(), Happened::Sent(asked));
        let request = Request { method, target, headers, body, peer };
        let answer = lab.door().request(world, world.pick_worker(worker), request);
        match world.drive(answer, None).await {
            Some(Ok(response)) => {
                let (status, body) = (response.status.as_u16(), response.text());
                lab.journal().note(actor(), Happened::Came(Traffic::Response { status, body }));
                Ok(response)
            }
            Some(Err(Reset)) | None => Err(ConnectError::Unanswered(lab.journal().around(&name))),
        }
    }

    /// Where the plain protocol is served in its namespace.
    pub(super) fn plain_path(&self) -> String {
        let http = self.lab.salon().shared().http();
        let served = self.path.as_deref().or(http.plain_path.as_deref()).unwrap_or_default();
        in_namespace(served, &self.namespace)
    }

    async fn opened(self, raw: bool) -> Result<Client, ConnectError> {
        let span = self.span;
        let client = self.client(raw);
        client.open(span).await?;
        Ok(client)
    }

    fn client(self, raw: bool) -> Client {
        let Self { lab, number, name, wire, namespace, auth, headers, query, path, worker, .. } =
            self;
        let world = lab.world();
        let direction = || Direction::new(world.random(fastrand::Rng::fork));
        let (up, down) = (direction(), direction());
        up.delay(self.latency, self.jitter);
        down.delay(self.latency, self.jitter);
        let connections = lab.salon().shared();
        let conversation = Conversation::new(
            name,
            world.clone(),
            lab.journal().clone(),
            connections,
            Introduction { namespace: namespace.into(), wire, auth, raw },
        );
        let http = connections.http();
        let served = match wire {
            wire if wire.is_socket_io() => &http.path,
            _ => http.plain_path.as_deref().unwrap_or_default(),
        };
        let link = Rc::new(Link {
            conversation: conversation.clone(),
            door: Rc::downgrade(lab.door()),
            wire,
            worker,
            path: path.as_deref().unwrap_or(served).trim_end_matches('/').to_owned(),
            headers,
            query,
            peer: Lab::address(number),
            up: RefCell::new(up),
            down: RefCell::new(down),
            window: lab.window(),
            pipes: RefCell::default(),
            settled: Cell::new(raw || wire != Wire::Upgrade),
            vanished: Cell::new(false),
        });
        Client { conversation, link, running: RefCell::default() }
    }
}

impl std::fmt::Debug for Visitor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, wire, namespace, .. } = self;
        let mut debug = f.debug_struct("Visitor");
        debug.field("name", name).field("wire", wire).field("namespace", namespace);
        debug.finish_non_exhaustive()
    }
}

//! The client's end of the line: how it reaches the server, and what becomes of that.
//!
//! It must never speak: what is said over it is for [`connection`](super::connection).

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::{Rc, Weak},
};

use actix_web::http::Method;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    conversation::Conversation,
    door::Door,
    line::{Direction, Pipe, Reset},
    server::{Request, Response},
    wire::Wire,
};
use crate::wire::websocket::CloseFrame;

/// Where the plain protocol is served in a namespace, below the path of its endpoint.
pub(super) fn in_namespace(path: &str, namespace: &str) -> String {
    let namespace = namespace.trim_end_matches('/');
    format!("{}{}", path.trim_end_matches('/'), utf8_percent_encode(namespace, IN_PATHS))
}

/// What a namespace's name is not written as it is in a path.
pub(super) const IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// What stays the same over all connections of one client.
pub(super) struct Link {
    pub(super) conversation: Rc<Conversation>,
    /// The lab's: a client keeps no server up.
    pub(super) door: Weak<Door>,
    pub(super) wire: Wire,
    /// The worker that its requests come to; any of them if there is none.
    pub(super) worker: Option<usize>,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: String,
    pub(super) peer: SocketAddr,
    /// The way to the server, of this connection.
    pub(super) up: RefCell<Rc<Direction>>,
    /// The way from it.
    pub(super) down: RefCell<Rc<Direction>>,
    pub(super) window: usize,
    pub(super) pipes: RefCell<Vec<Pipe>>,
    /// Whether there is nothing left of the move to WebSocket.
    pub(super) settled: Cell<bool>,
    /// Whether this connection is half-open: the server must not learn what becomes of the client.
    pub(super) vanished: Cell<bool>,
}

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the line was reset")]
    Reset(#[from] Reset),
    #[error("the request was refused with HTTP {} {}", .0.status.as_u16(), String::from_utf8_lossy(&.0.body))]
    Rejected(Response),
    #[error("the server closed the connection")]
    ByServer(Option<CloseFrame>),
    #[error("the client closed the connection")]
    ByClient,
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
}

impl Link {
    /// The way to the server, as it is now.
    pub(super) fn up(&self) -> Rc<Direction> {
        self.up.borrow().clone()
    }

    /// The way from the server, as it is now.
    pub(super) fn down(&self) -> Rc<Direction> {
        self.down.borrow().clone()
    }

    /// Gets ready for another connection; what still is of the one before keeps its own line.
    pub(super) fn begin_again(&self) {
        let (up, down) = (self.up().anew(), self.down().anew());
        self.up.replace(up);
        self.down.replace(down);
        self.vanished.set(false);
        self.settled.set(self.conversation.is_raw() || self.wire != Wire::Upgrade);
    }

    /// The worker of the next request.
    pub(super) fn worker(&self) -> usize {
        self.conversation.world.pick_worker(self.worker)
    }

    /// Where the plain protocol is served in this client's namespace, with that behind it.
    fn plain_path(&self, behind: &str) -> String {
        in_namespace(&self.path, &self.conversation.namespace) + behind
    }

    /// A request of the plain protocol, with frames in its body and headers of its own.
    pub(super) fn describe_plain(
        &self,
        method: Method,
        behind: &str,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> Request {
        let target = with_query(&self.plain_path(behind), &self.query);
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let headers = self.headers.iter().cloned().chain(own).collect();
        Request { method, target, headers, body, peer: self.peer }
    }

    pub(super) fn describe(
        &self,
        method: Method,
        transport: &str,
        sid: Option<&str>,
        body: Bytes,
    ) -> Request {
        let target = match self.wire {
            wire if wire.is_socket_io() => {
                let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
                format!("{}/?EIO=4&transport={transport}{sid}{}", self.path, self.query)
            }
            _ => with_query(&self.plain_path(""), &self.query),
        };
        Request { method, target, headers: self.headers.clone(), body, peer: self.peer }
    }
}

/// Adds parameters, each of which begins with `&`.
pub(super) fn with_query(target: &str, query: &str) -> String {
    match query.strip_prefix('&') {
        Some(first) if !target.contains('?') => format!("{target}?{first}"),
        Some(_) | None => format!("{target}{query}"),
    }
}

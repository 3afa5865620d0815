//! The TCP socket below a connection.
//!
//! It must never read or write: it sets options, ends what actix-web cannot end by itself, and is
//! handed over to what reads and writes in its place.

use std::{
    any::Any,
    cell::RefCell,
    io::{self, ErrorKind},
    net::{self, Shutdown},
    rc::Rc,
    time::Duration,
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockRef, Socket};
use tokio::sync::Notify;

/// How long sent data may stay unacknowledged before the kernel gives the connection up, until a
/// link knows better: the default ping interval and timeout together.
const USER_TIMEOUT: Duration = Duration::from_secs(45);

/// Prepares an accepted connection; give it to `HttpServer::on_connect`.
///
/// It turns Nagle's algorithm off, bounds how long a dead peer is kept, and remembers the socket, so
/// that a WebSocket can be taken over from actix-web: then it costs less memory and time, and a
/// client that stopped reading is cut off at once. Without it, or under TLS that ends inside this
/// process, everything works, but such a client is held until the kernel gives it up.
///
/// With `HttpServer::h1_allow_half_closed(false)` a pending poll ends as soon as its client is
/// gone; otherwise it is held until the ping timeout.
pub(crate) fn on_connect(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let stream = SockRef::from(stream);
    // An option that cannot be set leaves a connection that is slower, not a wrong one.
    if let Err(error) = stream.set_tcp_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    set_user_timeout(&stream, USER_TIMEOUT);
    match stream.try_clone() {
        Ok(socket) => {
            let socket = RefCell::new(Some(socket));
            let shared = Rc::new(Shared { socket, released: Notify::new() });
            extensions.insert(Anchor(ClientSocket(shared)));
        }
        Err(error) => tracing::debug!(%error, "the socket was not remembered"),
    }
}

/// Kept by actix-web for as long as it serves the TCP connection.
pub(in crate::transport) struct Anchor(ClientSocket);

impl Anchor {
    /// The socket of this connection.
    pub(in crate::transport) fn socket(&self) -> ClientSocket {
        self.0.clone()
    }
}

impl Drop for Anchor {
    fn drop(&mut self) {
        // A permit stays if nobody waits yet.
        self.0.0.released.notify_one();
    }
}

/// A handle on a client's socket, beside the one that actix-web reads and writes.
#[derive(Clone)]
pub(in crate::transport) struct ClientSocket(Rc<Shared>);

struct Shared {
    /// Nothing once it was taken over.
    socket: RefCell<Option<Socket>>,
    released: Notify,
}

impl ClientSocket {
    /// Gives a dead peer up after `timeout`.
    pub(in crate::transport) fn set_user_timeout(&self, timeout: Duration) {
        if timeout == USER_TIMEOUT {
            // It is so already.
            return;
        }
        if let Some(socket) = &*self.0.socket.borrow() {
            set_user_timeout(&SockRef::from(socket), timeout);
        }
    }

    /// Takes the socket over, to be read and written on this worker.
    ///
    /// # Errors
    /// If it was taken before, or this system cannot have it read and written by a worker.
    pub(in crate::transport) fn take(&self) -> io::Result<net::TcpStream> {
        if cfg!(not(unix)) {
            return Err(ErrorKind::Unsupported.into());
        }
        let socket = self.0.socket.take();
        // Both descriptors are one socket, which actix-web has made non-blocking.
        socket.map(Into::into).ok_or_else(|| io::Error::other("it was taken over before"))
    }

    /// Whether it takes bytes now; false once it was taken over.
    pub(in crate::transport) fn is_writable(&self) -> bool {
        let socket = self.0.socket.borrow();
        let Some(socket) = &*socket else { return false };
        let mut asked = [PollFd::new(socket, PollFlags::OUT)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut asked, Some(&at_once)).is_ok() && asked[0].revents().contains(PollFlags::OUT)
    }

    /// Tells the client that nothing more comes; what it sends still does.
    pub(in crate::transport) fn say_no_more(&self) {
        self.shut_down(Shutdown::Write);
    }

    /// Ends the connection: what is sent stays sent, and what else comes is refused.
    pub(in crate::transport) fn end(&self) {
        self.shut_down(Shutdown::Both);
    }

    /// Ends the connection at once, dropping what is not sent.
    pub(in crate::transport) fn abort(&self) {
        if let Some(socket) = &*self.0.socket.borrow() {
            drop_unsent(&SockRef::from(socket));
        }
        self.end();
    }

    fn shut_down(&self, how: Shutdown) {
        let Some(socket) = &*self.0.socket.borrow() else { return };
        // The client may have been faster.
        if let Err(error) = socket.shutdown(how) {
            tracing::trace!(%error, "the socket was closed already");
        }
    }

    /// Waits until actix-web has let go of the connection. One waiter at a time.
    pub(in crate::transport) async fn released(&self) {
        self.0.released.notified().await;
    }
}

/// Has a socket that is closed drop what the client does not take, rather than keep it for the
/// kernel's retransmission timeout.
pub(super) fn drop_unsent(socket: &SockRef<'_>) {
    if let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "SO_LINGER was not set");
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_user_timeout(socket: &SockRef<'_>, timeout: Duration) {
    if let Err(error) = socket.set_tcp_user_timeout(Some(timeout)) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT was not set");
    }
}

/// Only Linux has it; elsewhere the heartbeat alone finds dead peers.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_user_timeout(_: &SockRef<'_>, _: Duration) {}

//! The TCP socket below a connection.
//!
//! It must never read or write: it sets options, and ends what actix-web cannot end by itself.

use std::{any::Any, net::Shutdown, sync::Arc, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::{SockRef, Socket};
use tokio::sync::Notify;

/// How long sent data may stay unacknowledged before the kernel gives the connection up, until a
/// link knows better: the default ping interval and timeout together.
const USER_TIMEOUT: Duration = Duration::from_secs(45);

/// Prepares an accepted connection; give it to `HttpServer::on_connect`.
///
/// It turns Nagle's algorithm off, bounds how long a dead peer is kept, and remembers the socket,
/// so that a client that stopped reading can be cut off. Without it, or under TLS that ends inside
/// this process, everything works, but such a client is held until the kernel gives it up.
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
            let socket = ClientSocket(Arc::new(Shared { socket, released: Notify::new() }));
            extensions.insert(Anchor(socket));
        }
        Err(error) => tracing::debug!(%error, "the socket was not remembered"),
    }
}

/// Kept by actix-web for as long as it serves the TCP connection.
pub(super) struct Anchor(ClientSocket);

impl Anchor {
    /// The socket of this connection.
    pub(super) fn socket(&self) -> ClientSocket {
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
pub(super) struct ClientSocket(Arc<Shared>);

struct Shared {
    socket: Socket,
    released: Notify,
}

impl ClientSocket {
    /// Gives a dead peer up after `timeout`.
    pub(super) fn set_user_timeout(&self, timeout: Duration) {
        set_user_timeout(&SockRef::from(&self.0.socket), timeout);
    }

    /// Ends reading: actix-web finds the end of the stream, writes what it has, and closes. It
    /// would otherwise wait for the client for its whole disconnect timeout.
    pub(super) fn end_reading(&self) {
        self.shut_down(Shutdown::Read);
    }

    /// Ends the connection at once, dropping what is not sent.
    pub(super) fn abort(&self) {
        // Without lingering, what the client does not take is dropped now rather than by the
        // kernel's retransmission timeout.
        if let Err(error) = self.0.socket.set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "SO_LINGER was not set");
        }
        self.shut_down(Shutdown::Both);
    }

    /// Waits until actix-web has let go of the connection. One waiter at a time.
    pub(super) async fn released(&self) {
        self.0.released.notified().await;
    }

    fn shut_down(&self, how: Shutdown) {
        // The client may have been faster.
        if let Err(error) = self.0.socket.shutdown(how) {
            tracing::trace!(%error, "the socket was closed already");
        }
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

//! A Salon, as the app keeps it.
//!
//! It must never be needed below: what connections and rooms share is in the core.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use actix_web::{
    dev::Extensions,
    web::{Data, ServiceConfig},
};
use bytestring::ByteString;

use crate::{
    app::Application,
    auth::{What, Who},
    base::meter::Counters,
    connection::Connections,
    hub::{Audience, UserHandle},
    revocation::{self, Revoked},
    room::{Listing, Room, RoomHandle, Rooms},
    transport,
};

/// A realtime server inside an actix-web app. Cloning it counts a reference.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use salon::prelude::*;
///
/// #[actix_web::main]
/// async fn main() -> std::io::Result<()> {
///     let salon = Salon::builder()
///         .on("hello", |socket, event| {
///             let _ = event.acknowledge(("hello to you",));
///         })
///         .build()?;
///     let routes = salon.clone();
///     HttpServer::new(move || App::new().configure(routes.routes()))
///         .salon(&salon)
///         .bind(("127.0.0.1", 8080))?
///         .run()
///         .await
/// }
/// ```
#[derive(Clone)]
pub struct Salon {
    pub(super) connections: Arc<Connections>,
}

impl Salon {
    /// Its connections, and what they share.
    #[cfg(any(feature = "testing", test))]
    pub(crate) fn shared(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// The routes of its endpoints, for `App::configure`: that of Socket.IO, and that of the plain
    /// protocol. It is called on each worker, inside the factory that `HttpServer::new` is given.
    ///
    /// The app's own handlers get the Salon as [`web::Data<Salon>`](actix_web::web::Data).
    pub fn routes(&self) -> impl Fn(&mut ServiceConfig) + use<> {
        let salon = self.clone();
        move |config| {
            let connections = &salon.connections;
            config.app_data(Data::new(salon.clone()));
            connections.enlist();
            transport::configure(connections.clone())(config);
            if connections.application().is_none() {
                transport::configure_typed(connections.clone())(config);
            }
        }
    }

    /// The route of a plain WebSocket endpoint, for `App::configure`: messages as they come, for an
    /// application without Socket.IO.
    pub fn plain_routes(
        &self,
        path: &str,
        application: Arc<dyn Application>,
    ) -> impl Fn(&mut ServiceConfig) + use<> {
        let (connections, path) = (self.connections.clone(), path.to_owned());
        move |config| {
            connections.enlist();
            let application = application.clone();
            let open = move |connections: &Arc<Connections>, handshake, principal| {
                connections.open_plain(handshake, principal, application.clone())
            };
            transport::plain(connections.clone(), &path, open)(config);
        }
    }

    /// For `HttpServer::on_connect`: sets the socket's options, and keeps a way to end it when its
    /// client has stopped reading. Without it everything works, but such a client's socket is ended
    /// only by the operating system. [`HttpServerExt::salon`](crate::HttpServerExt::salon) sets it, and more.
    pub fn on_connect(connection: &dyn Any, extensions: &mut Extensions) {
        transport::on_connect(connection, extensions);
    }

    /// Every event that clients of it can send or get, as a document. See [`contract`](crate::contract).
    #[cfg(feature = "contract")]
    #[must_use]
    pub fn contract(&self) -> salon_contract::document::Document {
        salon_contract::document::Document::of(&self.connections.namespaces().facts)
    }

    /// All sessions of a namespace, to emit to, to fetch, or to narrow down.
    pub fn namespace(&self, name: impl Into<ByteString>) -> Audience {
        Audience::new(self.connections.broadcaster().clone(), name.into())
    }

    /// One room, by its key, whether it is open or not.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `R`.
    #[must_use]
    pub fn room<R: Room>(&self, key: &R::Key) -> RoomHandle<R> {
        RoomHandle::of(self.connections.broadcaster(), key)
    }

    /// Every session of one user, on whichever connection, in whichever namespace and on whichever
    /// worker, by the [subject](crate::auth::Authenticated::subject) that the authenticator gives.
    #[must_use]
    pub fn user(&self, subject: &str) -> UserHandle {
        UserHandle::new(self.connections.broadcaster().clone(), subject)
    }

    /// The rooms of a kind that list themselves: to be listed, filtered, and watched live.
    ///
    /// # Panics
    /// If no namespace of this Salon has rooms of the kind `R`.
    #[must_use]
    pub fn rooms<R: Listing>(&self) -> Rooms<R> {
        Rooms::of(self.connections.broadcaster())
    }

    /// Takes rights away from those who have them now. When the future resolves nothing of what was
    /// taken is handed to their sockets any more, not even what was queued before, and the rooms
    /// that they lost know.
    ///
    /// Who loses a room gets `salon:evicted { room, code: "revoked" }`, who loses everything
    /// `salon:lapsed { code: "revoked" }` and the disconnection. Whether somebody may have a right
    /// again is for the authority to say, which is asked anew; a user or a token from whom
    /// everything was taken is refused by what was issued before, as long as
    /// [it is remembered](crate::config::Lapses::revocation_memory).
    ///
    /// ```
    /// use salon::{Salon, auth::{What, Who}};
    ///
    /// async fn logged_out_everywhere(salon: &Salon, user: &str) {
    ///     salon.revoke(Who::user(user), What::Everything).await;
    /// }
    ///
    /// async fn banned_from(salon: &Salon, user: &str, lobby: u32) {
    ///     salon.revoke(Who::user(user), What::room(format!("lobby:{lobby}"))).await;
    /// }
    /// ```
    pub async fn revoke(&self, who: Who, what: What) -> Revoked {
        revocation::revoke(self.connections.core(), &who, &what).await
    }

    /// Asks the authority again about everybody who is in a room by a grant; who has no right to be
    /// there any more is out when the future resolves. The room is meant by its name, `NAME:key`.
    pub async fn reevaluate(&self, room: &str) {
        revocation::reevaluate(self.connections.core(), Some(room)).await;
    }

    /// Asks the authenticator again about every session, and the authority about everybody who is in
    /// a room by a grant: after keys were rotated, or rules were changed.
    pub async fn reevaluate_all(&self) {
        revocation::reevaluate(self.connections.core(), None).await;
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.connections.counters()
    }

    /// How many connections there are, closed ones that have not been told so included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.count()
    }

    /// How many typed rooms are open.
    #[must_use]
    pub fn open_rooms(&self) -> usize {
        self.connections.open_rooms()
    }

    /// Parts with all clients, in `timeout` at most. It takes no new client (one that comes gets 503),
    /// and no event of those there are; lets the events that are in flight come to their end, for up to
    /// half of that time, and what their handlers said arrive; tells every client that the server goes
    /// away, behind what is queued for it; and waits until their sockets are closed.
    ///
    /// So what was acknowledged to one client has reached the others, as far as they read. An event that
    /// came too late is not acknowledged.
    ///
    /// A server that was given the Salon by [`HttpServerExt::salon`](crate::HttpServerExt::salon) does it by itself when it is stopped
    /// by a signal. Whoever stops one otherwise awaits this first: one open WebSocket would hold the stop
    /// up. The guide's page on [limits](crate::guide::limits) shows both in order.
    pub async fn shutdown(&self, timeout: Duration) {
        self.connections.part(timeout).await;
    }
}

impl fmt::Debug for Salon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Salon").field("connections", &self.connections).finish()
    }
}

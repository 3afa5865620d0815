//! A connection over WebSocket: from the handshake to the last byte.
//!
//! It must never leave a connection behind whose socket is gone, nor a socket whose connection is.

use std::{pin::pin, rc::Rc, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::header, rt, web};
use actix_web_actors::ws;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use super::{
    dialect::Dialect,
    inflow::Inflow,
    link_error::{LinkError, client_close, reason},
    outflow::Outflow,
    polling::open_packet,
    response::{Rejection, Reply},
    signals::Signals,
    socket::{Anchor, ClientSocket},
};
use crate::{
    auth::Principal,
    connection::{ConnectionHandle, Realm},
    disconnect::DisconnectReason,
    outbox::TransportKind,
    wire::engine_io::RequestError,
};

/// How long a client that does not read, or did not answer for long, still has to take a close
/// frame; and actix-web to let go of a connection that is over.
const GRACE: Duration = Duration::from_millis(100);

/// Opens a session over WebSocket.
pub(super) fn open(
    request: &HttpRequest,
    payload: web::Payload,
    realm: &Arc<Realm>,
    reply: &Reply,
    principal: Principal,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request)?;
    let handshake = (**reply.handshake()).clone();
    let handle = realm.open(handshake, principal, TransportKind::WebSocket)?;
    reply.add_headers(&mut response, true);
    let (link, body) = Link::new(request, payload, realm, handle, Dialect::EngineIo);
    let mut greeting = Vec::new();
    Dialect::EngineIo.encode_control(&open_packet(realm, &link.handle), &mut greeting);
    link.signals.greet(greeting);
    link.start();
    switch(response, body)
}

/// The response that turns a request into a WebSocket.
///
/// # Errors
/// [`RequestError::BadRequest`] if the request is no WebSocket handshake.
pub(super) fn shake_hands(request: &HttpRequest) -> Result<HttpResponseBuilder, RequestError> {
    // A browser that names protocols drops a connection for which none was chosen.
    let protocols = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
    let first = protocols
        .and_then(|protocols| protocols.to_str().ok())
        .and_then(|protocols| protocols.split(',').next())
        .map(str::trim)
        .filter(|protocol| !protocol.is_empty());
    ws::handshake_with_protocols(request, first.as_slice()).map_err(|error| {
        tracing::debug!(%error, "no WebSocket handshake");
        RequestError::BadRequest
    })
}

/// Sends the 101 response with its body.
pub(super) fn switch(
    mut response: HttpResponseBuilder,
    body: Outflow,
) -> Result<HttpResponse, Rejection> {
    match response.message_body(body) {
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => {
            // Dropping the body has told the reading side already.
            tracing::warn!(%error, "a header of the application's own is malformed");
            Err(RequestError::BadRequest.into())
        }
    }
}

/// One WebSocket, from its reading side.
pub(super) struct Link {
    pub(super) realm: Arc<Realm>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) inflow: Inflow,
    pub(super) signals: Rc<Signals>,
    socket: Option<ClientSocket>,
}

impl Link {
    /// The two sides of a WebSocket.
    pub(super) fn new(
        request: &HttpRequest,
        payload: web::Payload,
        realm: &Arc<Realm>,
        handle: Arc<ConnectionHandle>,
        dialect: Dialect,
    ) -> (Self, Outflow) {
        let socket = request.conn_data::<Anchor>().map(Anchor::socket);
        if let Some(socket) = &socket {
            let heartbeat = realm.heartbeat();
            socket.set_user_timeout(heartbeat.ping_interval + heartbeat.ping_timeout);
        }
        let signals = Rc::new(Signals::new());
        let inflow = Inflow::new(realm, handle.clone(), payload, dialect, signals.clone());
        let outflow = Outflow::new(handle.outbox().clone(), signals.clone(), dialect);
        (Self { realm: realm.clone(), handle, inflow, signals, socket }, outflow)
    }

    /// Serves a connection from the start, on this worker.
    pub(super) fn start(self) {
        self.signals.attach(self.handle.outbox().attach());
        // Boxed by hand for its size; nobody waits for it, it ends with its connection.
        rt::spawn(Box::pin(self.serve()));
    }

    /// Serves a connection whose outbox this link writes, until both are over.
    pub(super) async fn serve(mut self) {
        let ended = {
            let outbox = self.handle.outbox().clone();
            let client = pin!(receive_all(&self.handle, &mut self.inflow));
            let server = pin!(outbox.until_closed());
            match select(client, server).await {
                Either::Left((error, _)) => error,
                Either::Right(_) => None,
            }
        };
        self.end(ended.as_ref()).await;
    }

    /// Ends the connection, if it has not ended, and the WebSocket after it.
    pub(super) async fn end(self, error: Option<&LinkError>) {
        match error {
            Some(error) => {
                tracing::debug!(connection = self.handle.number(), %error, "a WebSocket ended");
                self.signals.close(client_close(error).as_ref());
                self.handle.abort(reason(error));
            }
            None => {
                let reason = self.handle.outbox().closed();
                self.handle.close(reason.unwrap_or(DisconnectReason::TransportClose));
            }
        }
        let patience = match self.handle.outbox().closed() {
            // They were patient already, and memory is short.
            Some(DisconnectReason::PingTimeout | DisconnectReason::OutboxOverflow) => GRACE,
            _ => self.realm.timeouts().close,
        };
        let (realm, handle) = (self.realm.clone(), self.handle.clone());
        self.finish(patience).await;
        realm.forget(&handle);
    }

    /// Waits for the close frame to be written and answered, then ends the TCP connection.
    pub(super) async fn finish(mut self, patience: Duration) {
        let handshake = async {
            self.signals.closed().await;
            self.inflow.closed().await;
        };
        if timeout(patience, handshake).await.is_err() {
            tracing::debug!(
                connection = self.handle.number(),
                "a WebSocket's close was not answered"
            );
        }
        self.signals.over();
        let Some(socket) = self.socket else { return };
        socket.end_reading();
        if timeout(GRACE, socket.released()).await.is_err() {
            socket.abort();
        }
    }
}

/// Hands messages to a connection as they come. `None` if the connection ended meanwhile.
async fn receive_all(handle: &ConnectionHandle, inflow: &mut Inflow) -> Option<LinkError> {
    loop {
        let messages = inflow.messages().await;
        if messages.is_empty() {
            return inflow.end();
        }
        let received = {
            let receiving = pin!(handle.receive(messages));
            let reading = pin!(inflow.read_ahead());
            match select(receiving, reading).await {
                Either::Left((received, _)) | Either::Right((received, _)) => received,
            }
        };
        if received.is_err() {
            return None;
        }
    }
}

//! A WebSocket without Engine.IO: messages whole, as they are.
//!
//! It must never add anything to a message, nor accept a page that the Engine.IO endpoint would
//! not.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    engine_io::admit,
    http::{self, Rejection, Reply, Upload},
    websocket::{Framing, Opening, first_protocol, shake_hands, switch},
};
use crate::{
    auth::{Handshake, Principal},
    base::refusal::Refusal,
    connection::{ConnectionHandle, Connections},
};

/// Registers a plain WebSocket endpoint at `path`, whose connections `open` starts.
///
/// Admission, origins, limits and timeouts are those of `connections`. Its frames are to be made for the
/// plain layer; pings in the outbox become WebSocket's own.
pub(crate) fn plain<F>(
    connections: Arc<Connections>,
    path: impl Into<String>,
    open: F,
) -> impl Fn(&mut web::ServiceConfig)
where
    F: Fn(&Arc<Connections>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>
        + Clone
        + 'static,
{
    let path = path.into();
    move |config| {
        let (connections, open) = (connections.clone(), open.clone());
        config.service(web::resource(path.as_str()).to(
            move |request: HttpRequest, payload: web::Payload| {
                serve(request, payload, connections.clone(), open.clone())
            },
        ));
    }
}

async fn serve<F>(
    request: HttpRequest,
    payload: web::Payload,
    connections: Arc<Connections>,
    open: F,
) -> HttpResponse
where
    F: Fn(&Arc<Connections>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>,
{
    let connections = &connections;
    let answer = async |upload: &mut Upload, reply: &Reply| {
        answer(&request, upload, connections, reply, open).await
    };
    http::serve(&request, payload, connections, None, answer).await
}

async fn answer<F>(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    open: F,
) -> Result<HttpResponse, Rejection>
where
    F: Fn(&Arc<Connections>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>,
{
    let mut response = shake_hands(request, first_protocol(request))?;
    let principal = admit(connections, reply).await?;
    let handle = open(connections, reply.handshake().clone(), principal)?;
    reply.add_headers(&mut response, true);
    let (opening, body) = Opening::new(request, upload.take(), connections, handle, Framing::Plain);
    opening.start();
    switch(response, body)
}

//! A WebSocket without Engine.IO: messages whole, as they are.
//!
//! It must never add anything to a message, nor accept a page that the Engine.IO endpoint would
//! not.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    endpoint::admit,
    framing::Framing,
    opening::Opening,
    rejection::Rejection,
    response::Reply,
    upload::Upload,
    websocket::{shake_hands, switch},
};
use crate::{
    auth::{Handshake, Principal},
    base::refusal::Refusal,
    connection::{ConnectionHandle, Core},
};

/// Registers a plain WebSocket endpoint at `path`, whose connections `open` starts.
///
/// Admission, origins, limits and timeouts are those of `core`. Its frames are to be made for the
/// plain layer; pings in the outbox become WebSocket's own.
pub(crate) fn plain<F>(
    core: Arc<Core>,
    path: impl Into<String>,
    open: F,
) -> impl Fn(&mut web::ServiceConfig)
where
    F: Fn(&Arc<Core>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>
        + Clone
        + 'static,
{
    let path = path.into();
    move |config| {
        let (core, open) = (core.clone(), open.clone());
        config.service(web::resource(path.as_str()).to(
            move |request: HttpRequest, payload: web::Payload| {
                serve(request, payload, core.clone(), open.clone())
            },
        ));
    }
}

async fn serve<F>(
    request: HttpRequest,
    payload: web::Payload,
    core: Arc<Core>,
    open: F,
) -> HttpResponse
where
    F: Fn(&Arc<Core>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>,
{
    let mut upload = Upload::new(payload);
    let response = match Reply::begin(&request, &core) {
        Ok(reply) => match answer(&request, &mut upload, &core, &reply, open).await {
            Ok(response) => response,
            Err(rejection) => reply.refused(&rejection),
        },
        Err(response) => *response,
    };
    upload.answered(&request, &core, response)
}

async fn answer<F>(
    request: &HttpRequest,
    upload: &mut Upload,
    core: &Arc<Core>,
    reply: &Reply,
    open: F,
) -> Result<HttpResponse, Rejection>
where
    F: Fn(&Arc<Core>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>,
{
    let mut response = shake_hands(request)?;
    let principal = admit(core, reply).await?;
    let handle = open(core, reply.handshake().clone(), principal)?;
    reply.add_headers(&mut response, true);
    let (opening, body) = Opening::new(request, upload.take(), core, handle, Framing::Plain);
    opening.start();
    switch(response, body)
}

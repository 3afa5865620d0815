//! A WebSocket without Engine.IO: messages whole, as they are.
//!
//! It must never add anything to a message, nor accept a page that the Engine.IO endpoint would
//! not.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    dialect::Dialect,
    endpoint::admit,
    opening::Opening,
    origin::Origin,
    request,
    response::{Reply, untrusted},
    websocket::{shake_hands, switch},
};
use crate::{
    auth::{Handshake, Principal},
    connection::{ConnectionHandle, Realm},
    refusal::Refusal,
};

/// Registers a plain WebSocket endpoint at `path`, whose connections `open` starts.
///
/// Admission, origins, limits and timeouts are those of `realm`. Its frames are to be made for the
/// plain layer; pings in the outbox become WebSocket's own.
pub(crate) fn plain<F>(
    realm: Arc<Realm>,
    path: impl Into<String>,
    open: F,
) -> impl Fn(&mut web::ServiceConfig)
where
    F: Fn(&Arc<Realm>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>
        + Clone
        + 'static,
{
    let path = path.into();
    move |config| {
        let (realm, open) = (realm.clone(), open.clone());
        config.service(web::resource(path.as_str()).to(
            move |request: HttpRequest, payload: web::Payload| {
                serve(request, payload, realm.clone(), open.clone())
            },
        ));
    }
}

async fn serve<F>(
    request: HttpRequest,
    payload: web::Payload,
    realm: Arc<Realm>,
    open: F,
) -> HttpResponse
where
    F: Fn(&Arc<Realm>, Arc<Handshake>, Principal) -> Result<Arc<ConnectionHandle>, Refusal>,
{
    let origin = match Origin::judge(&request, realm.origins()) {
        Ok(origin) => origin,
        Err(error) => return untrusted(error),
    };
    let handshake = Arc::new(request::handshake(&request, &origin));
    let reply = Reply::new(realm.clone(), handshake, origin, &request);
    let answer = async {
        let mut response = shake_hands(&request)?;
        let principal = admit(&realm, &reply).await?;
        let handle = open(&realm, reply.handshake().clone(), principal)?;
        reply.add_headers(&mut response, true);
        let (opening, body) = Opening::new(&request, payload, &realm, handle, Dialect::Plain);
        opening.start();
        switch(response, body)
    };
    match answer.await {
        Ok(response) => response,
        Err(rejection) => reply.refused(&rejection),
    }
}

//! The move of a session from polling to WebSocket.
//!
//! It must never lose or reorder a message: until the client says that it has moved, polling is
//! the transport, and what it brought is received before anything that the WebSocket brings.

use std::{pin::pin, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, rt, web};
use futures_util::future::{Either, select};
use tokio::time::{sleep, timeout};

use super::{
    dialect::Dialect,
    link::Link,
    link_error::LinkError,
    opening::Opening,
    response::{Rejection, Reply},
    websocket::{shake_hands, switch},
};
use crate::{
    connection::{Claim, ConnectionHandle, Realm},
    wire::{
        engine_io::Packet,
        websocket::{Opcode, encode_frame},
    },
};

/// What a client tries a new transport with.
const PROBE: &str = "probe";

/// How often is looked whether the last POST of the old transport has been received; a client
/// waits for it before it moves, so that there is seldom one.
const LOOK: Duration = Duration::from_millis(5);

/// Serves a WebSocket that names a session.
pub(super) fn serve(
    request: &HttpRequest,
    payload: web::Payload,
    realm: &Arc<Realm>,
    reply: &Reply,
    handle: Arc<ConnectionHandle>,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request)?;
    reply.add_headers(&mut response, false);
    let claim = handle.begin_upgrade();
    let (opening, body) = Opening::new(request, payload, realm, handle, Dialect::EngineIo);
    match claim {
        Some(claim) => rt::spawn(upgrade(opening, claim)),
        // One upgrade at a time, and only one that succeeds.
        None => rt::spawn(Box::pin(async move {
            if let Some(link) = opening.settle().await.into_link() {
                refuse(link).await;
            }
        })),
    };
    switch(response, body)
}

/// What came of an upgrade.
enum Upgrade {
    /// The client has moved.
    Done,
    /// The client has not; polling goes on as if nothing had happened.
    None,
    /// The client has, but its last POST does not end.
    Late,
}

async fn upgrade(opening: Opening, claim: Claim) {
    // Boxed, as all that is not needed while a connection is idle.
    let Some(mut link) = Box::pin(opening.settle()).await.into_link() else { return };
    match Box::pin(move_over(&mut link, claim)).await {
        Upgrade::Done => match link.depart() {
            Ok(moving) => Box::pin(moving.settle()).await,
            Err(link) => link.serve().await,
        },
        Upgrade::None => Box::pin(refuse(link)).await,
        Upgrade::Late => Box::pin(link.end(Some(&LinkError::PostOutlivedUpgrade))).await,
    }
}

async fn move_over(link: &mut Link, claim: Claim) -> Upgrade {
    let limit = link.realm.timeouts().upgrade;
    let probed = {
        let outbox = link.inflow.handle().outbox().clone();
        let probing = pin!(timeout(limit, probe(link)));
        let closed = pin!(outbox.until_closed());
        match select(probing, closed).await {
            Either::Left((Ok(moved), _)) => moved,
            Either::Left((Err(_), _)) | Either::Right(_) => false,
        }
    };
    if !probed {
        return Upgrade::None;
    }
    // In this order: a POST that is not seen below finds the session upgraded, and is refused.
    link.inflow.handle().upgraded();
    link.inflow.signals().attach(link.inflow.handle().outbox().attach());
    drop(claim);
    if timeout(limit, posted(link.inflow.handle())).await.is_err() {
        return Upgrade::Late;
    }
    Upgrade::Done
}

/// Answers probes until the client says that it has moved; whether it did.
async fn probe(link: &mut Link) -> bool {
    loop {
        match link.inflow.packet().await {
            Ok(Packet::Ping(data)) if data == PROBE => {
                let mut frame = Vec::new();
                encode_frame(Opcode::Text, b"3probe", &mut frame);
                link.inflow.signals().greet(frame);
                // The client moves as soon as its pending poll ends. One that comes later is held
                // only shortly while an upgrade is under way.
                if link.inflow.handle().is_polled() {
                    link.inflow.handle().outbox().control(Packet::Noop);
                }
            }
            Ok(Packet::Upgrade) => return true,
            Ok(packet) => {
                tracing::debug!(?packet, "not the packet of an upgrade");
                return false;
            }
            Err(error) => {
                tracing::debug!(%error, "an upgrade ended");
                return false;
            }
        }
    }
}

/// Waits until no POST of the old transport is under way.
async fn posted(handle: &Arc<ConnectionHandle>) {
    while handle.begin_post().is_none() {
        sleep(LOOK).await;
    }
}

/// Closes a WebSocket that is not the session's.
async fn refuse(link: Box<Link>) {
    link.inflow.signals().close(None);
    let patience = link.realm.timeouts().close;
    link.finish(patience).await;
}

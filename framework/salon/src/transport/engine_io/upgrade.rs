//! The move of a session from polling to WebSocket.
//!
//! It must never lose or reorder a message: until the client says that it has moved, polling is
//! the transport, and what it brought is received before anything that the WebSocket brings.

use std::{pin::pin, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::future::{Either, select};
use tokio::time::{sleep, timeout};

use super::polling::LOOK;
use crate::{
    base::logged::Logged,
    connection::{Claim, ConnectionHandle, Connections},
    outbox::Control,
    transport::{
        http::{Rejection, Reply, Upload},
        websocket::{Framing, Link, LinkError, Opening, first_protocol, shake_hands, switch},
    },
    wire::{
        engine_io::{Packet, RequestError},
        websocket::{Opcode, encode_frame},
    },
};

/// What a client tries a new transport with.
const PROBE: &str = "probe";

/// How long behind its probe a client may say that it has moved, and not have waited for a GET of its.
const BEHIND: Duration = Duration::from_millis(20);

/// Serves a WebSocket that names a session.
pub(in crate::transport) fn serve(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    handle: Arc<ConnectionHandle>,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request, first_protocol(request))?;
    reply.add_headers(&mut response, false);
    let (claim, stranger) = match handle.begin_upgrade() {
        Some(claim) => (Some(claim), None),
        None => (None, Some(handle.begin_refusal().ok_or(RequestError::BadRequest)?)),
    };
    // Behind the claim: a GET that comes later sees that.
    let is_polled = handle.is_polled();
    let (opening, body) =
        Opening::new(request, upload.take(), connections, handle, Framing::EngineIo);
    match claim {
        Some(claim) => rt::spawn(upgrade(opening, claim, is_polled)),
        // One upgrade at a time, and only one that succeeds.
        None => rt::spawn(Box::pin(async move {
            let _counted = stranger;
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

async fn upgrade(opening: Opening, claim: Claim, is_polled: bool) {
    // Boxed, as all that is not needed while a connection is idle.
    let Some(mut link) = Box::pin(opening.settle()).await.into_link() else { return };
    match Box::pin(move_over(&mut link, claim, is_polled)).await {
        Upgrade::Done => match link.depart() {
            Ok(migration) => Box::pin(migration.settle()).await,
            Err(link) => link.serve().await,
        },
        Upgrade::None => Box::pin(refuse(link)).await,
        Upgrade::Late => Box::pin(link.end(Some(&LinkError::PostOutlivedUpgrade))).await,
    }
}

async fn move_over(link: &mut Link, claim: Claim, is_polled: bool) -> Upgrade {
    let limit = link.connections.timeouts().upgrade;
    let probed = {
        let outbox = link.reader.handle().outbox().clone();
        let probing = pin!(timeout(limit, probe(link, is_polled)));
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
    link.reader.handle().upgraded();
    link.reader.control().attach(link.reader.handle().outbox().attach());
    drop(claim);
    if timeout(limit, posted(link.reader.handle())).await.is_err() {
        return Upgrade::Late;
    }
    Upgrade::Done
}

/// Answers probes until the client says that it has moved; whether it did. A GET that was pending when
/// the client asked to move ends with the probe.
async fn probe(link: &mut Link, was_polled: bool) -> bool {
    let mut packet = link.reader.packet().await;
    loop {
        match packet {
            Ok(Packet::Ping(data)) if data == PROBE => {
                let mut frame = Vec::new();
                encode_frame(Opcode::Text, b"3probe", &mut frame);
                link.reader.control().greet(frame);
                // Before anybody is told that the client has moved: it may wait for nothing else.
                link.reader.control().greeted().await;
                // The client moves as soon as its pending poll ends. One that says so right behind the
                // probe has not waited for a GET that came meanwhile: it was sent behind the move.
                let next = match was_polled {
                    true => None,
                    false => timeout(BEHIND, link.reader.packet()).await.ok(),
                };
                if let Some(next) = next {
                    packet = next;
                    continue;
                }
                if link.reader.handle().is_polled() {
                    link.reader.handle().outbox().control(Control::LetGo);
                }
            }
            Ok(Packet::Upgrade) => return true,
            Ok(packet) => {
                // Not what is in it: a client may have sent its credentials here.
                tracing::debug!(kind = %packet.kind(), "not the packet of an upgrade");
                return false;
            }
            Err(error) => {
                tracing::debug!(error = %Logged(error), "an upgrade ended");
                return false;
            }
        }
        packet = link.reader.packet().await;
    }
}

/// Waits until no POST of the old transport is under way; a client waits for it before it moves, so that
/// there is seldom one.
async fn posted(handle: &Arc<ConnectionHandle>) {
    while handle.begin_post().is_none() {
        sleep(LOOK).await;
    }
}

/// Closes a WebSocket that is not the session's.
async fn refuse(link: Box<Link>) {
    link.reader.control().close(None);
    let patience = link.connections.timeouts().close;
    link.finish(patience).await;
}

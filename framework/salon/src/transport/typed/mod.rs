//! The plain protocol over HTTP: WebSockets, streams of events and what their clients post, calls.
//!
//! It must never know what a frame means, but for what an HTTP status has to say.

mod body;
mod call;
mod endpoint;
mod event_stream;
mod files;
mod opening;
#[cfg(feature = "contract")]
mod page;
mod polling;
mod posting;
mod secret;
mod status;
mod subprotocols;
mod target;
mod text_link;
mod websocket;

pub(crate) use self::endpoint::configure;

//! Salon: an actor-based realtime framework inside an actix-web app.
//!
//! A plain struct that derives [`Event`] is a named message; a handler for it is a method of a
//! [`Session`] (one value per client) or of a [`Room`] (one actor per room), marked `#[on]` in an
//! impl block with [`session`](macro@session) or [`room`](macro@room), or written as an
//! `impl On<TheEvent>`. Every Socket.IO client, 3 and later, speaks to it: over long polling, over WebSocket, or
//! by upgrade from the one to the other.
//!
//! Read in this order:
//!
//! 1. [`Event`], and its derive: the contract of a message.
//! 2. [`Session`]: what answers to one client.
//! 3. [`Room`]: what many clients share.
//! 4. [`Salon`]: how an app puts them together, and speaks to clients from outside.
//! 5. [`auth`]: who a client is, what it may do, and until when.
//! 6. [`Namespace`], [`Socket`], [`Audience`]: the untyped layer, for a Socket.IO app that moves
//!    over.
//! 7. [`config`]: what is limited, and how far.
//!
//! The [guide] tells the same in pages: [a first app](guide::first_app), [events](guide::events),
//! [rooms](guide::rooms), [what arrives](guide::what_arrives), [what is handled once](guide::once),
//! [lobbies and matchmaking](guide::lobbies), [who may do what, and until when](guide::permissions),
//! [moving over from Socket.IO](guide::untyped), the [architecture](guide::architecture), the
//! [wire protocols](guide::protocols), and all [limits](guide::limits).
//!
//! # Features
//!
//! - `contract`: the [contract] of the app as a document, and what is generated from it.
//! - `jwt` (on by default): [`auth::jwt`], by a backend in pure Rust; `jwt-aws-lc`: the same by aws-lc-rs.
//! - `msgpack`: the msgpack parser, as npm `socket.io-msgpack-parser` has it.
//! - `testing`: the in-process harness, for `[dev-dependencies]`.

// Whoever matches on an enum can be broken by one more: each says why it is whole, or can grow.
#![warn(clippy::exhaustive_enums)]

pub mod app;
pub mod auth;
#[cfg(feature = "contract")]
pub mod contract;
pub mod event;
#[doc(hidden)]
pub mod expanded;
pub mod guide;
pub mod payload;
pub mod room;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wire;

mod base;
mod connection;
mod history;
mod hub;
mod message;
mod once;
mod outbox;
mod protocol;
mod revocation;
mod salon;
mod session;
mod setback;
mod supervisor;
mod transport;

#[cfg(feature = "testing")]
pub use salon_macros::test;
pub use salon_macros::{Event, Refusals, room, session};

pub use self::base::config;
pub use crate::{
    app::{
        Acknowledge, Application, BuildError, Candidate, IncomingEvent, Lapse, Namespace,
        RawConnection, Session, SessionContext, UntypedEvent,
    },
    base::{
        disconnect::DisconnectReason,
        meter::{Count, Counters},
        number::SessionNumber,
        refusal::{Code, Refusal},
        refusals::Refusals,
        timers::Timer,
    },
    event::{Answer, Event, Later, On, OnLater},
    history::{History, Past},
    hub::{Answers, Audience, Socket, UserHandle},
    message::{At, Position},
    outbox::{NotQueued, TransportKind},
    payload::{Binary, IntoPayload, Payload, PayloadError, Value},
    revocation::Revoked,
    room::{
        Changes, Checked, Done, EventContext, Guard, LeaveReason, Listing, LoadContext, Member,
        PerMember, Presence, PresenceChange, PresenceSnapshot, Present, PresentUser, Receive,
        Reply, Restart, Room, RoomContext, RoomHandle, Rooms, Seats, Taken, Watch, Watching,
    },
    salon::{Builder, HttpServerExt, Salon},
    session::acknowledgement::AskError,
};

/// What nearly every file of an app needs.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};

    pub use crate::{
        Answer, Binary, Candidate, Checked, Event, EventContext, Guard, HttpServerExt, Later,
        LeaveReason, LoadContext, Member, On, OnLater, PerMember, Receive, Refusal, Refusals,
        Reply, Restart, Room, RoomContext, Salon, Session, SessionContext, SessionNumber, Timer,
    };
}

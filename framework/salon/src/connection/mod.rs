//! Connections: one actor per client, with its sessions in the namespaces.
//!
//! It must never know a transport: links hand it messages and drain its outbox.

mod above;
mod actor;
mod all;
mod beat;
mod call;
mod call_rates;
mod coming_back;
mod connect;
mod connecting;
mod core;
mod dispatch;
mod early;
mod effects;
mod handle;
mod leaving;
mod mailbox;
mod missed;
mod numbered;
mod open_session;
mod placement;
mod putting_off;
mod reading;
mod receive_window;
mod replaying;
mod resting;
mod rights;
mod session_table;
mod waiting;

pub(crate) use self::{
    actor::{Connection, ConnectionHandle},
    all::{CROWDED, Connections, FULL, SHUTTING_DOWN, Watch},
    beat::Look,
    core::{Core, Declared},
    numbered::Batch,
    reading::Source,
    receive_window::ReceiveWindow,
    resting::{Resting, RestingKey},
    rights::{announce, lapse, reauthenticate, reconsider},
};

/// The right to one kind of request on a connection.
pub(crate) type Claim = handle::Claim<Connection>;

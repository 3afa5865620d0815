//! The plain protocol, as the guide's page promises it: over WebSocket, as a stream of events, and by one
//! request for one event.
//!
//! What all protocols have in common is in the other suites, which run over its wires as well.

mod answers;
mod asker;
mod beats;
mod binary;
mod calls;
mod ends;
mod files;
mod formats;
mod frames;
mod goodbyes;
mod hostile;
mod msgpack;
mod openings;
mod order;
mod parlour;
mod plain;
mod polled;
mod polls;
mod posts;
mod races;
mod resuming;
mod streams;

//! The plain protocol, as the guide's page promises it: over WebSocket, as a stream of events, and by one
//! request for one event.
//!
//! What all protocols have in common is in the other suites, which run over its wires as well.

mod attacks;
mod beats;
mod binary;
mod calls;
mod ends;
mod frames;
mod goodbyes;
mod hostile;
mod msgpack;
mod openings;
mod order;
mod parlour;
mod plain;
mod polls;
mod posts;
mod resuming;
mod socket;
mod streams;

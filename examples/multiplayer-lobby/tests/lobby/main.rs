//! The lobby from outside: players over WebSockets, and the program as a newcomer runs it.

mod client;
mod panics;
mod play;
mod program;

//! The lobby from outside: players in a lab, on a clock of their own, and the program as a newcomer
//! runs it.

mod coming_back;
mod contract;
mod hall;
mod host;
mod matches;
mod next_process;
mod panics;
mod players;
mod program;
mod signing_in;
mod typing;

//! The contract between the program and its page:
//! `cargo run -p multiplayer-lobby --bin contract -- ts examples/multiplayer-lobby/static/contract.js --name Lobby
//! --module /salon/client.js`.

use std::process::ExitCode;

use multiplayer_lobby::{Rules, guests::Guests};
use salon::store::MemoryStore;

fn main() -> ExitCode {
    salon::contract::cli(|| {
        let rules = Rules::default();
        multiplayer_lobby::salon(&Guests::new([0; 32], rules.token), rules, MemoryStore::new())
    })
}

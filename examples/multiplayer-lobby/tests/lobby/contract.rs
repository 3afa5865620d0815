//! What the page is written to is what the program says.

use std::path::Path;

use multiplayer_lobby::{Rules, guests::Guests};
use salon::{
    contract::generate::cli::{self, Exit},
    store::MemoryStore,
};

/// As `cargo run --bin contract` makes it.
#[test]
fn the_page_has_the_contract_of_the_program() {
    let guests = Guests::new([0; 32], Rules::default().token);
    let salon = multiplayer_lobby::salon(&guests, Rules::default(), MemoryStore::new());
    let contract = salon.expect("it fits together").contract();
    assert_eq!(contract.warnings, [""; 0]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/contract.js");
    let file = file.display().to_string();
    let command = ["ts", &file, "--name", "Lobby", "--module", "/salon/client.js", "--check"];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(&contract, command.map(str::to_owned), &mut out, &mut err);
    assert_eq!(exit, Exit::Success, "{}", String::from_utf8_lossy(&err));
}

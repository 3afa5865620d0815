//! The contract between the program and its page.

use multiplayer_lobby::{Rules, guests::Guests};
use salon::store::MemoryStore;

fn main() {
    let guests = Guests::new([0; 32], Rules::default().token);
    let salon = multiplayer_lobby::salon(&guests, Rules::default(), MemoryStore::new()).unwrap();
    println!("{}", serde_json::to_string_pretty(&salon.contract()).unwrap());
}

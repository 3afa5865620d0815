//! Durable rooms in a process of their own, which is killed: what it had promised, the next one keeps.
//!
//! More kills than a run of all suites has time for: `SALON_KILLS=1000 cargo test -p salon-tests --test durable`.

mod chatter;
mod killed;
mod ledger;
mod many;

use std::path::PathBuf;

use jsonwebtoken::{EncodingKey, Header};
use salon_tests::{
    Result,
    server::{Implementation, Server},
};

/// What signs the tokens by which clients are known again: what is done once is done once for each of them.
const SECRET: &str = "thirty-two bytes are a good secret";

/// A token of that client.
fn token(name: &str) -> Result<String> {
    let claims = serde_json::json!({ "sub": name, "exp": 4_000_000_000_u64 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &key)?)
}

/// A file for rooms, with what belongs to it; dropped, all of it is removed.
struct Rooms(PathBuf);

impl Rooms {
    fn new(name: &str) -> Result<Self> {
        let folder = format!("{name}-{}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// A server that keeps them.
    async fn serve(&self, durability: &str) -> Result<Server> {
        let salon = Implementation::Salon(env!("CARGO_BIN_EXE_conformance-server").into());
        let file = self.0.join("rooms.db");
        let file = file.to_str().ok_or("a path in UTF-8")?;
        let options =
            ["--workers", "2", "--store", file, "--durability", durability, "--secret", SECRET];
        Server::start(&salon, "typed", &options).await
    }
}

impl Drop for Rooms {
    fn drop(&mut self) {
        // What is left is in the folder of the build.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

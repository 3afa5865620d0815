//! The suites of clients written by others, played against the `interop` fixture.
//!
//! They need node, python and the packages that `tests/peers.sh` installs; without them they fail.

mod by_hand;
mod peer_process;
mod resume;
mod rust_client;

use peer_process::{PeerProcess, interop};
use salon_tests::Result;

const TRANSPORTS: [&str; 3] = ["polling", "websocket", "polling,websocket"];

/// Plays a client over each transport, with the parser that the server has.
async fn play(client: &PeerProcess, parser: &[&str]) -> Result<()> {
    let arguments: Vec<&str> = parser.iter().flat_map(|name| ["--parser", name]).collect();
    let server = interop(&arguments).await?;
    let url = format!("http://{}", server.address());
    let mut failures = Vec::new();
    for transports in TRANSPORTS {
        if let Err(failure) = client.run(&[&[&*url, transports], parser].concat()).await {
            failures.push(format!("over {transports}: {failure}"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// A test for each client and parser.
macro_rules! played {
    ($($name:ident => $client:expr, $parser:expr;)+) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            play(&$client, &$parser).await
        })+
    };
}

played! {
    javascript_3_0_works => PeerProcess::node("client-3.0"), [];
    javascript_3_1_works => PeerProcess::node("client-3.1"), [];
    javascript_4_0_works => PeerProcess::node("client-4.0"), [];
    javascript_4_4_works => PeerProcess::node("client-4.4"), [];
    javascript_4_8_works => PeerProcess::node("client-4.8"), [];
    javascript_3_0_works_with_msgpack => PeerProcess::node("client-3.0"), ["msgpack"];
    javascript_4_8_works_with_msgpack => PeerProcess::node("client-4.8"), ["msgpack"];
    python_works => PeerProcess::python("sync"), [];
    python_works_with_asyncio => PeerProcess::python("async"), [];
    python_works_with_msgpack => PeerProcess::python("sync"), ["msgpack"];
    python_works_with_asyncio_and_msgpack => PeerProcess::python("async"), ["msgpack"];
}

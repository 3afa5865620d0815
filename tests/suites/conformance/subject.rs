//! The server under test, and the clients that a test plays against it.
//!
//! It must never repair what a client receives: only heartbeats are answered on its behalf.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use salon_tests::Result;
pub(crate) use salon_tests::engine_io::Client;
use salon_tests::polling::{Endpoint, Polling};
use salon_tests::raw_http::{Request, Response};
use salon_tests::server::{Implementation, Server};
use salon_tests::websocket::WebSocket;
use tokio::task::JoinHandle;

/// Longer than any test needs.
const LIMIT: Duration = Duration::from_secs(15);

/// A server under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    path: &'static str,
}

impl Subject {
    /// Plays a test against a fixture, and checks that the server still serves afterwards.
    pub(crate) async fn holds<F: Future<Output = Result<()>>>(
        fixture: &str,
        arguments: &[&str],
        test: impl FnOnce(Self) -> F,
    ) -> Result<()> {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_conformance-server"));
        let salon = Implementation::Salon(binary);
        let server = Server::start(&salon, fixture, arguments).await?;
        let path = match fixture {
            "engine" | "engine-client" => "/engine.io/",
            "echo" => "/ws",
            _ => "/socket.io/",
        };
        let subject = Self { address: server.address(), path };
        let played = async {
            test(subject).await?;
            subject.still_serves().await
        };
        tokio::time::timeout(LIMIT, played)
            .await
            .map_err(|_elapsed| format!("nothing more within {LIMIT:?}"))?
    }

    async fn still_serves(self) -> Result<()> {
        let mut client = self.websocket().await?;
        if self.path == "/ws" {
            client.send("still there").await?;
            assert_eq!(client.next().await?, "still there");
        } else {
            assert!(client.next().await?.starts_with("0{"));
        }
        Ok(())
    }

    /// Where Engine.IO is.
    pub(crate) fn endpoint(self) -> Endpoint {
        Endpoint { address: self.address, path: self.path, parameters: String::new() }
    }

    /// The target of a WebSocket, with a session id if there is one.
    pub(crate) fn websocket_target(self, sid: Option<&str>) -> String {
        match self.path {
            "/ws" => self.path.to_owned(),
            _ => self.endpoint().target("websocket", sid),
        }
    }

    /// A session over polling.
    pub(crate) async fn polling(self) -> Result<Polling> {
        Ok(Polling::open(self.endpoint()).await?.0)
    }

    /// A WebSocket, of which nothing is read yet.
    pub(crate) async fn websocket(self) -> Result<Client> {
        Ok(WebSocket::open(self.address, &self.websocket_target(None)).await?.into())
    }

    /// A WebSocket behind its open packet.
    pub(crate) async fn open(self) -> Result<Client> {
        let mut client = self.websocket().await?;
        assert!(client.next().await?.starts_with("0{"));
        Ok(client)
    }

    /// A WebSocket that is connected to the main namespace.
    pub(crate) async fn connected(self) -> Result<Client> {
        let mut client = self.open().await?;
        client.send("40").await?;
        assert!(client.next().await?.starts_with(r#"40{"sid":""#));
        Ok(client)
    }

    /// One request.
    pub(crate) async fn request(self, method: &str, target: &str) -> Result<Response> {
        Request::new(method, target).send(self.address).await
    }
}

/// A poll that the server holds, as it says itself.
pub(crate) async fn pending_poll(
    subject: Subject,
    session: &Polling,
) -> Result<JoinHandle<Result<Response>>> {
    let session = session.clone();
    let poll = tokio::spawn(async move { session.get().await });
    assert_eq!(subject.request("GET", "/held").await?.status, 200);
    Ok(poll)
}

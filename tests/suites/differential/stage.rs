//! Where a script plays: the server, the transport, the transcript.
//!
//! It must never let two runs share a label, or one would see the other's log.

use crate::peer::Peer;
use crate::record::Record;
use crate::script::Mode;
use salon_tests::Result;
use salon_tests::polling::Endpoint;
use salon_tests::raw_http::Request;
use std::net::SocketAddr;

/// The surroundings of one run of one script.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What the run's transcript is written to.
    pub(crate) record: Record,
    mode: Mode,
    label: String,
}

impl Stage {
    /// A stage for one run.
    pub(crate) fn new(address: SocketAddr, script: &str, mode: Mode) -> Self {
        let label = format!("{}-{mode:?}", script.replace(' ', "-"));
        Self { address, mode, label, record: Record::default() }
    }

    /// Begins a step, named once per script.
    pub(crate) fn step(&self, name: &str) {
        self.record.begin(name);
    }

    /// The server's endpoint, labelled for the observer.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            address: self.address,
            path: "/socket.io/",
            parameters: format!("label={}", self.label),
        }
    }

    /// A client over the transport of this run, after its Engine.IO handshake.
    pub(crate) async fn peer(&self, name: &'static str) -> Result<Peer> {
        Peer::open(name, self.endpoint(), self.mode, self.record.clone()).await
    }

    /// A client that is connected to `/`.
    pub(crate) async fn connected(&self, name: &'static str) -> Result<Peer> {
        let mut peer = self.peer(name).await?;
        peer.connect("40").await?;
        Ok(peer)
    }

    /// A client that is told of every disconnection of this run; always over WebSocket.
    pub(crate) async fn observer(&self) -> Result<Peer> {
        let mut observer =
            Peer::open("observer", self.endpoint(), Mode::WebSocket, Record::default()).await?;
        observer.connect(&format!("40/observer,{{\"label\":\"{}\"}}", self.label)).await?;
        Ok(observer.recording(self.record.clone()))
    }

    /// Sends a request, records the answer.
    pub(crate) async fn request(&self, request: &Request) -> Result<()> {
        match request.send(self.address).await {
            Ok(response) => self.record.response(&response),
            Err(_) => self.record.line("no answer"),
        }
        Ok(())
    }
}

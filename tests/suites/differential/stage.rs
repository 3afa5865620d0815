//! Where a script plays: the server, the transport, the transcript.
//!
//! It must never let two runs share a label, or one would see the other's log.

use crate::peer::{Packet, Peer};
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

    /// The same, its connecting left out of the transcript.
    pub(crate) async fn connected_before(&self, name: &'static str) -> Result<Peer> {
        let silent = Self { record: Record::default(), ..self.clone() };
        Ok(silent.connected(name).await?.recording(self.record.clone()))
    }

    /// Sends each case's packets on a connection of its own, and records whether it survives, and
    /// what the observer is told of its end.
    pub(crate) async fn try_each(&self, cases: &[(&str, &[Packet<'_>])]) -> Result<()> {
        let mut observer = self.observer().await?;
        for (step, packets) in cases {
            let mut peer = self.connected_before("a").await?;
            self.step(step);
            peer.send_all(packets).await?;
            if peer.survives().await? {
                peer.close().await?;
            }
            observer.receive_many(2).await?;
        }
        Ok(())
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

    /// Sends a request as a page of this origin does, records the answer.
    pub(crate) async fn request_from(&self, origin: &str, request: Request) -> Result<()> {
        let response = request.header("origin", origin).send(self.address).await?;
        self.record.cross_origin_response(&response);
        Ok(())
    }
}

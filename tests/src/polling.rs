//! An Engine.IO client over long polling: payloads go in and out as raw strings.
//!
//! It must never interpret a payload beyond the open packet; the caller splits it with [`packets`].

use crate::Result;
use crate::raw_http::{Request, Response};
use std::net::SocketAddr;

/// Stands between two packets of one payload.
pub const SEPARATOR: char = '\u{1e}';

/// Where an Engine.IO server listens, and the query that every request to it begins with.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its socket address.
    pub address: SocketAddr,
    /// `/socket.io/` or `/engine.io/`.
    pub path: &'static str,
    /// More parameters of the handshake, such as `label=a`; empty for none.
    pub parameters: String,
}

impl Endpoint {
    /// The target of a request: path, protocol, transport and, once there is one, session id.
    #[must_use]
    pub fn target(&self, transport: &str, sid: Option<&str>) -> String {
        let Self { path, parameters, .. } = self;
        let mut target = format!("{path}?EIO=4&transport={transport}");
        if let Some(sid) = sid {
            target.push_str(&format!("&sid={sid}"));
        } else if !parameters.is_empty() {
            target.push_str(&format!("&{parameters}"));
        }
        target
    }
}

/// A session over polling.
#[derive(Clone, Debug)]
pub struct Polling {
    endpoint: Endpoint,
    sid: String,
}

impl Polling {
    /// Does the handshake. The response's whole body comes along, open packet first.
    pub async fn open(endpoint: Endpoint) -> Result<(Self, String)> {
        let request = Request::new("GET", &endpoint.target("polling", None));
        let response = request.send(endpoint.address).await?;
        let body = response.text();
        if response.status != 200 {
            return Err(format!("handshake answered {}: {body}", response.status).into());
        }
        let open = packets(&body).first().copied().unwrap_or_default();
        let sid = sid_of(open)?;
        Ok((Self { endpoint, sid }, body))
    }

    /// The session id.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// The target of this session's polls.
    #[must_use]
    pub fn target(&self) -> String {
        self.endpoint.target("polling", Some(&self.sid))
    }

    /// Polls once.
    pub async fn get(&self) -> Result<Response> {
        Request::new("GET", &self.target()).send(self.endpoint.address).await
    }

    /// Sends a payload.
    pub async fn post(&self, payload: &str) -> Result<Response> {
        Request::new("POST", &self.target())
            .header("content-type", "text/plain;charset=UTF-8")
            .body(payload)
            .send(self.endpoint.address)
            .await
    }
}

/// The session id in an open packet.
pub fn sid_of(open: &str) -> Result<String> {
    let malformed = || format!("not an open packet: {open}");
    let json = open.strip_prefix('0').ok_or_else(malformed)?;
    let value: serde_json::Value = serde_json::from_str(json)?;
    Ok(value["sid"].as_str().ok_or_else(malformed)?.to_owned())
}

/// The packets of a payload.
#[must_use]
pub fn packets(payload: &str) -> Vec<&str> {
    payload.split(SEPARATOR).collect()
}

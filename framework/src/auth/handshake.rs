//! What is known of a client from the HTTP request that opened its connection.
//!
//! It must stay plain data: no HTTP library's type leaks from the transport into handlers.

use std::{fmt, net::SocketAddr, time::SystemTime};

use super::Fields;

/// The request that opened a connection.
#[derive(Clone)]
pub struct Handshake {
    /// Header names in lower case, with their values, in the order sent. Values that are not
    /// UTF-8 are left out, and so are `connection` and what WebSocket's own handshake adds but for
    /// its subprotocols: they say nothing of the client.
    pub headers: Fields,
    /// The decoded query parameters, in the order sent.
    pub query: Fields,
    /// Path and query as they were requested.
    pub url: String,
    /// The peer's address, if the transport knows it.
    pub address: Option<SocketAddr>,
    /// Whether the request came over TLS, as far as this process can tell.
    pub secure: bool,
    /// Whether the request came from another origin.
    pub cross_domain: bool,
    /// When the request came.
    pub issued: SystemTime,
}

impl Handshake {
    /// The first header of that name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The first query parameter of that name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }
}

/// Without values: headers and queries carry secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("headers", &self.headers)
            .field("query", &self.query)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

//! What is known of a client from the HTTP request that opened its connection.
//!
//! It must stay plain data: no HTTP library's type leaks from the transport into handlers.

use std::{fmt, net::SocketAddr, time::SystemTime};

/// The request that opened a connection.
#[derive(Clone)]
pub struct Handshake {
    /// Header names in lower case, with their values, in the order sent. Values that are not
    /// UTF-8 are left out.
    pub headers: Vec<(String, String)>,
    /// The decoded query parameters, in the order sent.
    pub query: Vec<(String, String)>,
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
        find(&self.headers, name)
    }

    /// The first query parameter of that name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Without values: headers and queries carry secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| -> Vec<String> {
            pairs.iter().map(|(name, _)| name.clone()).collect()
        };
        f.debug_struct("Handshake")
            .field("headers", &names(&self.headers))
            .field("query", &names(&self.query))
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

//! What is known of a client from the HTTP request that opened its connection.
//!
//! It must stay plain data: no HTTP library's type leaks from the transport into handlers.

use std::{net::SocketAddr, time::SystemTime};

/// The request that opened a connection.
#[derive(Clone, Debug)]
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

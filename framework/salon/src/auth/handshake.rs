//! What is known of a client from the HTTP request that opened its connection.
//!
//! It must stay plain data: no HTTP library's type leaks from the transport into handlers.

use std::{fmt, net::SocketAddr, time::SystemTime};

use super::fields::{self, Fields};
use crate::base::clock;

/// How many bytes most requests fit in, while they are gathered.
const USUAL: usize = 512;

/// The request that opened a connection.
#[derive(Clone)]
pub struct Handshake {
    /// The peer's address, if the transport knows it.
    pub address: Option<SocketAddr>,
    /// Whether the request came over TLS, as far as this process can tell.
    pub secure: bool,
    /// Whether the request came from another origin.
    pub cross_domain: bool,
    /// When the request came.
    pub issued: SystemTime,
    /// The URL, then the headers, then the query parameters: one piece of memory for all.
    text: Box<str>,
    url: u32,
    headers: u32,
}

impl Handshake {
    /// A request of now, from nobody knows where: as a test of an authenticator makes one. Names of
    /// headers are given in lower case, and query parameters decoded.
    ///
    /// ```
    /// use salon::auth::Handshake;
    ///
    /// let headers = [("authorization", "Bearer abc")];
    /// let handshake = Handshake::new("/socket.io/?lobby=a%20b", headers, [("lobby", "a b")]);
    /// assert_eq!(handshake.header("authorization"), Some("Bearer abc"));
    /// assert_eq!(handshake.query("lobby"), Some("a b"));
    /// ```
    #[must_use]
    pub fn new<H: AsRef<str>, Q: AsRef<str>>(
        url: &str,
        headers: impl IntoIterator<Item = (H, H)>,
        query: impl IntoIterator<Item = (Q, Q)>,
    ) -> Self {
        let mut text = String::with_capacity(USUAL);
        text.push_str(url);
        for (name, value) in headers {
            fields::write(&mut text, name.as_ref(), value.as_ref());
        }
        let headers = length(&text);
        for (name, value) in query {
            fields::write(&mut text, name.as_ref(), value.as_ref());
        }
        Self {
            address: None,
            secure: false,
            cross_domain: false,
            issued: clock::wall(),
            text: text.into(),
            url: length(url),
            headers,
        }
    }

    /// Path and query as they were requested.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.text[..self.url as usize]
    }

    /// Header names in lower case, with their values, in the order sent. Values that are not
    /// UTF-8 are left out, and so are `connection` and what WebSocket's own handshake adds but for
    /// `upgrade` and its subprotocols: they say nothing of the client.
    #[must_use]
    pub fn headers(&self) -> Fields<'_> {
        Fields::within(&self.text[self.url as usize..self.headers as usize])
    }

    /// The decoded query parameters, in the order sent.
    #[must_use]
    pub fn parameters(&self) -> Fields<'_> {
        Fields::within(&self.text[self.headers as usize..])
    }

    /// The first header of that name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)
    }

    /// The first query parameter of that name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.parameters().get(name)
    }
}

/// A request is far smaller than 4 GiB: actix-web refuses one whose head has more than 128 KiB.
fn length(text: &str) -> u32 {
    text.len().try_into().expect("a request's head has less than 4 GiB")
}

/// Without values, and without the names of parameters, which a client chooses as well: headers and
/// queries carry secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("headers", &self.headers())
            .field("parameters", &self.parameters().iter().count())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

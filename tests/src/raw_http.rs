//! A tiny HTTP/1.1 client that sends any bytes, on a connection of its own for each exchange.
//!
//! It must never repair what a test sends, nor hide what a server answers: no redirects, no
//! decompression, no reuse of connections.

use crate::Result;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAX_HEADERS: usize = 64;

/// A request, as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header, as it is.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body; `content-length` follows from it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn to_bytes(&self, host: SocketAddr) -> Vec<u8> {
        let Self { method, target, .. } = self;
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() || method == "POST" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Sends the request and reads the whole response.
    pub async fn send(&self, to: SocketAddr) -> Result<Response> {
        exchange(to, &self.to_bytes(to)).await
    }
}

/// A response, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, without its chunking and otherwise as it came.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends exactly these bytes on a new connection and reads one response.
///
/// A server may answer before it has read everything, so writing never keeps us from reading.
pub async fn exchange(to: SocketAddr, bytes: &[u8]) -> Result<Response> {
    let (mut reader, mut writer) = TcpStream::connect(to).await?.into_split();
    let write = async {
        let _refused_midway = writer.write_all(bytes).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = write => unreachable!("writing never ends the exchange"),
        response = read_response(&mut reader) => response,
    }
}

/// Reads one response from a stream.
pub async fn read_response(reader: &mut (impl AsyncReadExt + Unpin)) -> Result<Response> {
    let mut received = Vec::new();
    let (mut response, head_length) = loop {
        if let Some(parsed) = parse_head(&received)? {
            break parsed;
        }
        if reader.read_buf(&mut received).await? == 0 {
            return Err(format!("connection ended within a response head: {received:?}").into());
        }
    };
    received.drain(..head_length);
    let has_no_body = response.status < 200 || matches!(response.status, 204 | 304);
    let expected = response.header("content-length").and_then(|value| value.parse().ok());
    let is_chunked = response.header("transfer-encoding") == Some("chunked");
    if has_no_body {
        return Ok(response);
    }
    loop {
        let complete = match expected {
            Some(length) if received.len() >= length => Some(received[..length].to_vec()),
            None if is_chunked => unchunk(&received)?,
            _ => None,
        };
        if let Some(body) = complete {
            response.body = body;
            return Ok(response);
        }
        if reader.read_buf(&mut received).await? == 0 {
            if expected.is_some() || is_chunked {
                return Err("connection ended within a response body".into());
            }
            response.body = received;
            return Ok(response);
        }
    }
}

fn parse_head(received: &[u8]) -> Result<Option<(Response, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(received)? else { return Ok(None) };
    let headers = head.headers.iter().map(|header| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    });
    let response = Response {
        status: head.code.ok_or("a response without a status")?,
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Some((response, length)))
}

/// The body behind a chunked encoding, or nothing while it is incomplete.
fn unchunk(mut encoded: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let (start, length) = match httparse::parse_chunk_size(encoded) {
            Ok(httparse::Status::Complete((start, length))) => (start, usize::try_from(length)?),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err("a chunk without a size".into()),
        };
        if length == 0 {
            return Ok(Some(body));
        }
        let Some(chunk) = encoded.get(start..start + length) else { return Ok(None) };
        body.extend_from_slice(chunk);
        let Some(rest) = encoded.get(start + length + 2..) else { return Ok(None) };
        encoded = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_chunked_body_is_joined() {
        let mut bytes: &[u8] =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let response = read_response(&mut bytes).await.expect("a whole response");
        assert_eq!(response.text(), "abcde");
    }

    #[tokio::test]
    async fn a_body_without_a_length_ends_with_the_connection() {
        let mut bytes: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\nno";
        let response = read_response(&mut bytes).await.expect("a whole response");
        assert_eq!((response.status, response.text().as_str()), (400, "no"));
    }

    #[tokio::test]
    async fn a_body_that_ends_early_is_a_failure() {
        let mut bytes: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc";
        assert!(read_response(&mut bytes).await.is_err());
    }
}

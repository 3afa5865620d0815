//! A server behind a real port, reached as the simulated one is.
//!
//! It must never be used where time is virtual: sockets take the time that they take.

use std::{io, net::SocketAddr};

use actix_web::http::StatusCode;
use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::server::{Request, Response, Stream};

/// The most headers that a response may have here.
const MAX_HEADERS: usize = 64;

/// Sends a request and reads its response.
///
/// # Errors
/// What the socket says, or `InvalidData` for what is no response.
pub(super) async fn request(port: SocketAddr, request: Request) -> io::Result<Response> {
    let mut stream = TcpStream::connect(port).await?;
    stream.write_all(&head(&request, port, "close")).await?;
    stream.write_all(&request.body).await?;
    let mut buffer = BytesMut::new();
    let head = read_head(&mut stream, &mut buffer).await?;
    read_body(&mut stream, buffer, &head).await
}

/// Opens a WebSocket: nothing if it was opened, and its bytes flow through `stream` until it ends.
///
/// # Errors
/// What the socket says, or `InvalidData` for what is no response.
pub(super) async fn open(
    port: SocketAddr,
    request: Request,
    stream: Stream,
    spawn: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()>>>),
) -> io::Result<Option<Response>> {
    let mut socket = TcpStream::connect(port).await?;
    socket.set_nodelay(true)?;
    socket.write_all(&head(&request, port, "Upgrade")).await?;
    let mut buffer = BytesMut::new();
    let head = read_head(&mut socket, &mut buffer).await?;
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        return read_body(&mut socket, buffer, &head).await.map(Some);
    }
    spawn(Box::pin(bridge(socket, buffer.freeze(), stream)));
    Ok(None)
}

/// Carries bytes between a socket and the two directions of a stream.
async fn bridge(socket: TcpStream, first: Bytes, stream: Stream) {
    let Stream { up, down } = stream;
    let (mut reading, mut writing) = socket.into_split();
    let incoming = async {
        if !first.is_empty() && down.write(first).await.is_err() {
            return;
        }
        let mut buffer = BytesMut::with_capacity(16 * 1024);
        loop {
            match reading.read_buf(&mut buffer).await {
                Ok(0) => return down.end(),
                Ok(_) if down.write(buffer.split().freeze()).await.is_ok() => {}
                Ok(_) => return,
                Err(_) => return down.reset(),
            }
        }
    };
    let outgoing = async {
        while let Ok(Some(bytes)) = up.read().await {
            if writing.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // A client that resets its line does not say goodbye.
        drop(writing);
    };
    futures_util::future::select(std::pin::pin!(incoming), std::pin::pin!(outgoing)).await;
    up.reset();
}

struct Head {
    status: StatusCode,
    length: usize,
}

fn head(request: &Request, port: SocketAddr, connection: &str) -> Vec<u8> {
    let Request { method, target, headers, body, .. } = request;
    let mut head =
        format!("{method} {target} HTTP/1.1\r\nhost: {port}\r\nconnection: {connection}\r\n");
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers.iter().filter(|(name, _)| name != "host" && name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

async fn read_head(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Head> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(buffer).map_err(io::Error::other)?;
        if let httparse::Status::Complete(end) = parsed {
            let status = StatusCode::from_u16(response.code.unwrap_or_default());
            let length = response
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length =
                length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
            let head = Head {
                status: status.map_err(io::Error::other)?,
                length: length.unwrap_or_default(),
            };
            let _ = buffer.split_to(end);
            return Ok(head);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn read_body(
    stream: &mut TcpStream,
    mut buffer: BytesMut,
    head: &Head,
) -> io::Result<Response> {
    while buffer.len() < head.length {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Response { status: head.status, body: buffer.split_to(head.length).freeze() })
}

//! A server behind a real port, reached as the simulated one is.
//!
//! It must never be used where time is virtual: sockets take the time that they take.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::mpsc,
    thread::JoinHandle,
};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    rt::System,
};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing::Dispatch;

use super::server::{Configure, Request, Response, Stream, is_event_stream};
use crate::salon::Salon;

/// The most headers that a response may have here.
const MAX_HEADERS: usize = 64;

/// A server behind a port of this machine; it stops when this is dropped.
pub(super) struct Port {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Port {
    /// Serves an app on a free port.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub(super) fn serve(
        configure: &Configure,
        workers: usize,
        dispatch: &Dispatch,
    ) -> io::Result<Self> {
        let (configure, dispatch) = (configure.clone(), dispatch.clone());
        let (started, starting) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let app = move || {
                    let configure = configure.clone();
                    // For as long as the worker's thread lives.
                    std::mem::forget(tracing::dispatcher::set_default(&dispatch));
                    App::new().configure(move |config| configure(config))
                };
                let server = HttpServer::new(app)
                    .on_connect(Salon::on_connect)
                    .h1_allow_half_closed(false)
                    .workers(workers)
                    .shutdown_timeout(1)
                    .disable_signals()
                    .bind((Ipv4Addr::LOCALHOST, 0));
                let server = match server {
                    Ok(server) => server,
                    Err(error) => return drop(started.send(Err(error))),
                };
                let address = server.addrs()[0];
                let server = server.run();
                // Whoever starts it waits for this.
                let _ = started.send(Ok((address, server.handle())));
                if let Err(error) = server.await {
                    tracing::error!(%error, "the server ended");
                }
            });
        });
        let (address, handle) = starting.recv().map_err(io::Error::other)??;
        Ok(Self { address, handle, thread: Some(thread) })
    }

    /// Sends a request and reads its response.
    ///
    /// # Errors
    /// What the socket says, or `InvalidData` for what is no response.
    pub(super) async fn request(&self, request: Request) -> io::Result<Response> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(&head(&request, self.address, "close")).await?;
        stream.write_all(&request.body).await?;
        let mut buffer = BytesMut::new();
        let head = read_head(&mut stream, &mut buffer).await?;
        read_body(&mut stream, buffer, head).await
    }

    /// Opens a WebSocket, or a stream of events: nothing if it was opened, and its bytes flow through `stream` until it
    /// ends.
    ///
    /// # Errors
    /// What the socket says, or `InvalidData` for what is no response.
    pub(super) async fn open(
        &self,
        request: Request,
        stream: Stream,
        spawn: impl FnOnce(LocalBoxFuture<'static, ()>),
    ) -> io::Result<Option<Response>> {
        let mut socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let is_upgrade = request.method == Method::GET;
        let connection = if is_upgrade { "Upgrade" } else { "close" };
        socket.write_all(&head(&request, self.address, connection)).await?;
        socket.write_all(&request.body).await?;
        let mut buffer = BytesMut::new();
        let head = read_head(&mut socket, &mut buffer).await?;
        if is_event_stream(&head.headers) {
            let chunks = Chunks { socket, buffer };
            spawn(Box::pin(chunks.carry(stream)));
            return Ok(None);
        }
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return read_body(&mut socket, buffer, head).await.map(Some);
        }
        spawn(Box::pin(bridge(socket, buffer.freeze(), stream)));
        Ok(None)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // The command is sent when `stop` is called; its future only waits.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
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

/// A body that comes in chunks (RFC 9112, section 7.1).
struct Chunks {
    socket: TcpStream,
    buffer: BytesMut,
}

impl Chunks {
    /// Carries them to a stream until they end, or the client does.
    async fn carry(mut self, stream: Stream) {
        let Stream { up, down } = stream;
        let incoming = async {
            loop {
                match self.next().await {
                    Ok(Some(chunk)) => match down.write(chunk).await {
                        Ok(()) => {}
                        Err(_) => return,
                    },
                    Ok(None) => return down.end(),
                    Err(_) => return down.reset(),
                }
            }
        };
        let gone = async { while let Ok(Some(_)) = up.read().await {} };
        futures_util::future::select(std::pin::pin!(incoming), std::pin::pin!(gone)).await;
        up.reset();
    }

    /// The next one; nothing at the end.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let digits = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                let length = usize::from_str_radix(&digits, 16).map_err(io::Error::other)?;
                if self.buffer.len() >= end + 2 + length + 2 {
                    let chunk = self.buffer.split_to(end + 2 + length + 2).freeze();
                    let chunk = chunk.slice(end + 2..end + 2 + length);
                    return Ok((length > 0).then_some(chunk));
                }
            }
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

struct Head {
    status: StatusCode,
    headers: HeaderMap,
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
            let mut headers = HeaderMap::new();
            for header in &*response.headers {
                let name = HeaderName::from_bytes(header.name.as_bytes());
                let value = HeaderValue::from_bytes(header.value);
                let (name, value) = name.ok().zip(value.ok()).ok_or(io::ErrorKind::InvalidData)?;
                headers.append(name, value);
            }
            let length = headers.get(header::CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
            let head = Head {
                status: status.map_err(io::Error::other)?,
                headers,
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
    head: Head,
) -> io::Result<Response> {
    while buffer.len() < head.length {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let Head { status, headers, length } = head;
    Ok(Response { status, headers, body: buffer.split_to(length).freeze() })
}

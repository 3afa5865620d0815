//! A TCP connection to a server, and what has come over it and is not yet read.
//!
//! It must never ask the kernel for what it has already.

use std::net::SocketAddr;

use salon_tests::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of that was read.
    read: usize,
}

impl Wire {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new(), read: 0 })
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next so many bytes.
    pub(super) async fn take(&mut self, count: usize) -> Result<&[u8]> {
        while self.received.len() - self.read < count {
            self.more().await?;
        }
        let begin = self.read;
        self.read += count;
        Ok(&self.received[begin..self.read])
    }

    /// All up to this, and with it.
    pub(super) async fn take_to(&mut self, end: &[u8]) -> Result<&[u8]> {
        loop {
            let mut waiting = self.received[self.read..].windows(end.len());
            if let Some(at) = waiting.position(|some| some == end) {
                return self.take(at + end.len()).await;
            }
            self.more().await?;
        }
    }

    /// The next line, without its end.
    pub(super) async fn line(&mut self) -> Result<&str> {
        let line = self.take_to(b"\r\n").await?;
        Ok(std::str::from_utf8(line)?.trim_end())
    }

    async fn more(&mut self) -> Result<()> {
        self.received.drain(..self.read);
        self.read = 0;
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

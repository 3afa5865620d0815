//! A client that says in which segments its bytes travel.
//!
//! It must never answer a ping: no test takes as long as that.

use std::net::SocketAddr;

use salon_tests::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpSocket, TcpStream},
};

/// A close frame without a reason.
pub(crate) const CLOSE: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];

/// A TCP connection to the server.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

/// The request for a WebSocket.
pub(crate) fn handshake() -> Vec<u8> {
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\n\
      connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
      sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec()
}

/// Appends a text as a frame that is masked with zeros.
pub(crate) fn frame(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(0x81);
    match text.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(text.as_bytes());
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        Self::connect_from(TcpSocket::new_v4()?, address).await
    }

    /// Connects a socket with options of its own.
    pub(crate) async fn connect_from(socket: TcpSocket, address: SocketAddr) -> Result<Self> {
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// A WebSocket behind its open packet.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let mut client = Self::connect(address).await?;
        client.send(&handshake()).await?;
        client.begins().await?;
        Ok(client)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The head of a response.
    pub(crate) async fn head(&mut self) -> Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        Ok(String::from_utf8(head)?)
    }

    /// Skips the body of a response.
    pub(crate) async fn skip(&mut self, length: usize) -> Result<()> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(())
    }

    /// Checks how a WebSocket begins.
    pub(crate) async fn begins(&mut self) -> Result<()> {
        assert!(self.head().await?.starts_with("HTTP/1.1 101 "));
        assert!(self.text().await?.starts_with("0{"));
        Ok(())
    }

    /// The next frame, which is to be a text.
    pub(crate) async fn text(&mut self) -> Result<String> {
        let (head, payload) = self.frame().await?;
        assert_eq!(head, 0x81);
        Ok(String::from_utf8(payload)?)
    }

    /// Sends a text and gives what comes next.
    pub(crate) async fn ask(&mut self, text: &str) -> Result<String> {
        let mut bytes = Vec::new();
        frame(text, &mut bytes);
        self.send(&bytes).await?;
        self.text().await
    }

    /// Closes, and checks that the server answers and ends at once.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.send(&CLOSE).await?;
        self.ends().await
    }

    /// Ends its side of the connection without a close frame, and checks that it is sent one.
    pub(crate) async fn fall_silent(mut self) -> Result<()> {
        self.stream.shutdown().await?;
        self.ends().await
    }

    async fn ends(&mut self) -> Result<()> {
        assert_eq!(self.frame().await?, (0x88, Vec::new()));
        self.is_over().await
    }

    /// Checks that nothing more comes.
    pub(crate) async fn is_over(&mut self) -> Result<()> {
        assert_eq!(self.stream.read(&mut [0]).await?, 0);
        Ok(())
    }

    /// The next frame: its first byte, and its payload.
    pub(crate) async fn frame(&mut self) -> Result<(u8, Vec<u8>)> {
        let head = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length)?];
        self.stream.read_exact(&mut payload).await?;
        Ok((head, payload))
    }
}

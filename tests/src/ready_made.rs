//! A client that allocates nothing while it talks: its frames are made before, and it looks at no
//! more of what comes than its length.
//!
//! It must never make a frame while something is counted: what is counted is the server's.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use salon::wire::websocket::{Opcode, encode_frame};
use socket2::SockRef;

use crate::Result;

/// How long the server may say nothing, or take nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client says to become a session of the main namespace: its handshake, and `40` in a frame
/// whose mask is zero.
const CONNECT: &[u8] = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\x82\0\0\0\x0040";

/// A connected client on a plain socket.
#[derive(Debug)]
pub struct ReadyMadeClient {
    socket: TcpStream,
    chunk: Vec<u8>,
}

impl ReadyMadeClient {
    /// Connects over WebSocket, to the main namespace.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let (mut socket, mut chunk) = (TcpStream::connect(address)?, vec![0; 64 * 1024]);
        begin(&mut socket, &mut chunk)?;
        Ok(Self { socket, chunk })
    }

    /// Is cut off without a word, as by a network, and connects anew.
    pub fn reconnect(&mut self) -> Result<()> {
        let address = self.socket.peer_addr()?;
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))?;
        self.socket = TcpStream::connect(address)?;
        begin(&mut self.socket, &mut self.chunk)
    }

    /// Sends frames.
    pub fn send(&mut self, frames: &[u8]) -> Result<()> {
        Ok(self.socket.write_all(frames)?)
    }

    /// Reads so many bytes, and no more may come.
    pub fn hear(&mut self, mut missing: usize) -> Result<()> {
        while missing > 0 {
            match read(&mut self.socket, &mut self.chunk)? {
                0 => return Err("the server closed the connection".into()),
                read => {
                    missing = missing.checked_sub(read).ok_or("more came than was asked for")?;
                }
            }
        }
        Ok(())
    }
}

/// Becomes a session; `chunk` is room for what the server says to that.
fn begin(socket: &mut TcpStream, chunk: &mut [u8]) -> Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.write_all(CONNECT)?;
    let mut length = 0;
    while !chunk[..length].windows(3).any(|window| window == b"40{") {
        match read(socket, &mut chunk[length..])? {
            0 => return Err("the server closed the connection".into()),
            read => length += read,
        }
    }
    Ok(())
}

fn read(socket: &mut TcpStream, chunk: &mut [u8]) -> Result<usize> {
    socket.read(chunk).map_err(|error| match error.kind() {
        // Both are names for a time that has run out.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("the server said nothing for {} s", PATIENCE.as_secs()).into()
        }
        _ => error.into(),
    })
}

/// A text frame as a client sends it; a mask of zeros leaves the payload as it is.
#[must_use]
pub fn masked(text: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_frame(Opcode::Text, text.as_bytes(), &mut frame);
    let header = frame.len() - text.len();
    frame[1] |= 0x80;
    frame.splice(header..header, [0; 4]);
    frame
}

/// How many bytes a text takes as a frame of the server.
#[must_use]
pub fn framed(text: &str) -> usize {
    let mut frame = Vec::new();
    encode_frame(Opcode::Text, text.as_bytes(), &mut frame);
    frame.len()
}

//! Many connected clients: who they are, what they have heard, what they still have to say.
//!
//! It must never read a clock but once per reading, nor look into a payload.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};
use salon_tests::Result;
use socket2::SockRef;

use super::{
    Dialect,
    scanner::{Frame, Scanner},
};
use crate::measure::now;

/// How many clients are on their way in at a time: what a listening socket of the standard library
/// lets wait is 128, and whoever finds no place comes again after a second, which would be measured.
const UNDER_WAY: usize = 100;

/// How long clients may take to come in.
const CONNECTING: Duration = Duration::from_secs(60);

/// What one client heard at one reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) client: usize,
    pub(crate) acknowledgements: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) at: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Waits for its response and the end of the head of that; how much of that end has come.
    Upgrading(u8),
    /// Has asked to be let in, or waits for its welcome.
    Connecting,
    Connected,
    Cut,
}

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    /// How its response begins.
    opened: &'static [u8],
    scanner: Scanner,
    stage: Stage,
    /// What the socket did not take.
    unsent: Vec<u8>,
}

/// Clients of one server.
#[derive(Debug)]
pub(crate) struct Crowd {
    address: SocketAddr,
    dialect: Dialect,
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    connected: usize,
    buffer: Vec<u8>,
    /// The request of each client.
    upgrade: fn(Dialect, usize) -> Vec<u8>,
    connect: Vec<u8>,
    pong: Vec<u8>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(address: SocketAddr, dialect: Dialect) -> Result<Self> {
        Self::with(address, dialect, |dialect, _| dialect.upgrade())
    }

    /// Nobody yet, of clients with requests of their own.
    pub(crate) fn with(
        address: SocketAddr,
        dialect: Dialect,
        upgrade: fn(Dialect, usize) -> Vec<u8>,
    ) -> Result<Self> {
        Ok(Self {
            address,
            dialect,
            upgrade,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            clients: Vec::new(),
            connected: 0,
            buffer: vec![0; 256 * 1024],
            connect: dialect.connect(),
            pong: dialect.pong(),
        })
    }

    /// So many clients, all connected.
    pub(crate) fn gather(address: SocketAddr, dialect: Dialect, clients: usize) -> Result<Self> {
        let mut crowd = Self::new(address, dialect)?;
        crowd.connect(clients)?;
        Ok(crowd)
    }

    /// Has so many more come in.
    pub(crate) fn connect(&mut self, clients: usize) -> Result<()> {
        let target = self.clients.len() + clients;
        let deadline = now() + CONNECTING;
        let (mut heard, wait) = (Vec::new(), Duration::from_millis(100));
        while self.connected < target {
            while self.clients.len() < target && self.clients.len() - self.connected < UNDER_WAY {
                self.begin()?;
            }
            self.listen(&mut heard, wait)?;
            if now() > deadline {
                let missing = target - self.connected;
                return Err(format!("{missing} of {clients} clients did not get in").into());
            }
        }
        Ok(())
    }

    /// Cuts all connections without a word, as a network does.
    pub(crate) fn cut(&mut self) -> Result<()> {
        for client in &mut self.clients {
            SockRef::from(&client.stream).set_linger(Some(Duration::ZERO))?;
        }
        self.clients.clear();
        self.connected = 0;
        Ok(())
    }

    /// One client reads nothing any more.
    pub(crate) fn stop(&mut self, client: usize) -> Result<()> {
        let client = &mut self.clients[client];
        SockRef::from(&client.stream).set_recv_buffer_size(4096)?;
        self.poll.registry().deregister(&mut client.stream)?;
        client.stage = Stage::Cut;
        Ok(())
    }

    /// What its clients speak.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How many clients there are.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Sends ready-made frames.
    pub(crate) fn send(&mut self, client: usize, frames: &[u8]) -> Result<()> {
        self.clients[client].send(frames).map_err(|error| gone(client, &error))
    }

    /// Waits until somebody has heard something, and tells who. Pings are answered here.
    pub(crate) fn listen(&mut self, heard: &mut Vec<Heard>, wait: Duration) -> Result<()> {
        heard.clear();
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in &self.events {
            let Token(number) = event.token();
            let Some(client) = self.clients.get_mut(number) else { continue };
            if event.is_writable() {
                client.flush().map_err(|error| gone(number, &error))?;
            }
            if !event.is_readable() {
                continue;
            }
            let before = client.stage == Stage::Connected;
            let one = client
                .read(&mut self.buffer, &self.connect, &self.pong)
                .map_err(|error| gone(number, &error))?;
            self.connected += usize::from(!before && client.stage == Stage::Connected);
            if one.acknowledgements + one.events > 0 {
                heard.push(Heard { client: number, ..one });
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        let _ = stream.set_nodelay(true);
        let number = self.clients.len();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(number), interest)?;
        self.clients.push(Client {
            stream,
            opened: self.dialect.opened(),
            scanner: Scanner::new(self.dialect),
            stage: Stage::Upgrading(0),
            unsent: (self.upgrade)(self.dialect, number),
        });
        Ok(())
    }
}

impl Client {
    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        match self.stream.write(bytes) {
            Ok(written) => self.unsent.extend_from_slice(&bytes[written..]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.unsent.extend_from_slice(bytes);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.send(&unsent)
    }

    fn read(&mut self, buffer: &mut [u8], connect: &[u8], pong: &[u8]) -> std::io::Result<Heard> {
        let mut heard = Heard { client: 0, acknowledgements: 0, events: 0, bytes: 0, at: now() };
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(heard),
                Err(error) => return Err(error),
            };
            heard.bytes += read as u64;
            self.take(&buffer[..read], &mut heard, connect, pong)?;
            // A short read has emptied the socket: what comes later makes a new event.
            if read < buffer.len() {
                return Ok(heard);
            }
        }
    }

    fn take(
        &mut self,
        bytes: &[u8],
        heard: &mut Heard,
        connect: &[u8],
        pong: &[u8],
    ) -> std::io::Result<()> {
        let frames = match &mut self.stage {
            Stage::Upgrading(matched) => {
                if *matched == 0 && !bytes.starts_with(self.opened) {
                    return Err(std::io::Error::other("the connection was refused"));
                }
                let Some(end) = end_of_head(bytes, matched) else { return Ok(()) };
                self.stage = Stage::Connecting;
                self.send(connect)?;
                &bytes[end..]
            }
            _ => bytes,
        };
        let is_in = self.stage == Stage::Connected;
        let (mut connected, mut pings, mut closed) = (is_in, 0, false);
        self.scanner.scan(frames, |frame| match frame {
            Frame::Acknowledgement => heard.acknowledgements += 1,
            // A welcome is an event as any other, where there is no word of its own for it.
            Frame::Event if connected => heard.events += 1,
            Frame::Event | Frame::Connected => connected = true,
            Frame::Ping => pings += 1,
            Frame::Close => closed = true,
            Frame::Other => {}
        });
        if closed {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        if connected {
            self.stage = Stage::Connected;
        }
        for _ in 0..pings {
            self.send(pong)?;
        }
        Ok(())
    }
}

/// Where a head that ends with an empty line ends, however it is cut; `matched` is what came of that
/// end, and at least 1 once anything has come.
fn end_of_head(bytes: &[u8], matched: &mut u8) -> Option<usize> {
    // 1 stands for "nothing matched", so that 0 is "nothing came".
    *matched = (*matched).max(1);
    for (at, byte) in bytes.iter().enumerate() {
        *matched = match (*matched, byte) {
            (1 | 3, b'\r') | (2 | 4, b'\n') => *matched + 1,
            (_, b'\r') => 2,
            _ => 1,
        };
        if *matched == 5 {
            return Some(at + 1);
        }
    }
    None
}

fn gone(client: usize, error: &std::io::Error) -> salon_tests::Failure {
    format!("the server closed the connection of client {client}: {error}").into()
}

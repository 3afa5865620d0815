//! The limit: one thread, one epoll set, and the reads and writes that cannot be avoided.
//!
//! It must never do what a server for users has to: it knows the frames of the load generator by
//! their offsets, checks nothing, and has no heartbeat.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use slab::Slab;

const LISTENER: Token = Token(usize::MAX);
/// What waits for one reader at most.
const OUTBOX: usize = 256 * 1024;

const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n";
const OPEN: &[u8] =
    br#"0{"sid":"0","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

struct Client {
    stream: TcpStream,
    /// An incomplete frame.
    kept: Vec<u8>,
    outbox: Vec<u8>,
    upgraded: bool,
    dirty: bool,
    stalled: bool,
    room: Option<usize>,
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    clients: Slab<Client>,
    /// Members by room, and the rooms by name.
    rooms: Vec<Vec<usize>>,
    names: HashMap<Vec<u8>, usize>,
    dirty: Vec<usize>,
    /// Buffers of clients that have been sent everything.
    spare: Vec<Vec<u8>>,
    frame: Vec<u8>,
}

fn main() -> io::Result<()> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("listening on {}", listener.local_addr()?.port());
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server {
        poll,
        listener,
        clients: Slab::new(),
        rooms: Vec::new(),
        names: HashMap::new(),
        dirty: Vec::new(),
        spare: Vec::new(),
        frame: Vec::new(),
    };
    let mut events = Events::with_capacity(1024);
    let mut scratch = vec![0; 64 * 1024];
    loop {
        match server.poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            match event.token() {
                LISTENER => server.accept()?,
                Token(number) => {
                    if event.is_writable()
                        && let Some(client) = server.clients.get_mut(number)
                        && client.stalled
                    {
                        client.stalled = false;
                        server.mark(number);
                    }
                    if event.is_readable() && !server.read(number, &mut scratch) {
                        server.close(number);
                    }
                }
            }
        }
        server.flush();
    }
}

impl Server {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    let entry = self.clients.vacant_entry();
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    self.poll.registry().register(&mut stream, Token(entry.key()), interest)?;
                    entry.insert(Client {
                        stream,
                        kept: Vec::new(),
                        outbox: Vec::new(),
                        upgraded: false,
                        dirty: false,
                        stalled: false,
                        room: None,
                    });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads until nothing is left; a short read says so as well. Whether the client is still there.
    fn read(&mut self, number: usize, scratch: &mut [u8]) -> bool {
        loop {
            let Some(client) = self.clients.get_mut(number) else { return true };
            let kept = client.kept.len();
            scratch[..kept].copy_from_slice(&client.kept);
            let read = match client.stream.read(&mut scratch[kept..]) {
                Ok(0) => return false,
                Ok(read) => read,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            let end = kept + read;
            client.kept.clear();
            let used = self.frames(number, &mut scratch[..end]);
            let Some(client) = self.clients.get_mut(number) else { return true };
            if used < end {
                client.kept.extend_from_slice(&scratch[used..end]);
            } else {
                client.kept = Vec::new();
            }
            if end < scratch.len() {
                return true;
            }
        }
    }

    /// Handles whole frames; how many bytes they took.
    fn frames(&mut self, number: usize, bytes: &mut [u8]) -> usize {
        let mut at = 0;
        if !self.clients[number].upgraded {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return 0 };
            at = end + 4;
            self.clients[number].upgraded = true;
            self.send(number, |out| {
                out.extend_from_slice(SWITCHING);
                put_frame(out, &[OPEN]);
            });
        }
        while bytes.len() - at >= 6 {
            let (header, length) = match bytes[at + 1] & 0x7f {
                126 if bytes.len() - at < 8 => break,
                126 => (8, usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]))),
                length => (6, usize::from(length)),
            };
            let end = at + header + length;
            if end > bytes.len() {
                break;
            }
            let mask = [0, 1, 2, 3].map(|index| bytes[at + header - 4 + index]);
            let payload = &mut bytes[at + header..end];
            let (words, rest) = payload.as_chunks_mut::<4>();
            for word in words {
                *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
            }
            for (byte, mask) in rest.iter_mut().zip(mask) {
                *byte ^= mask;
            }
            self.packet(number, &bytes[at + header..end]);
            at = end;
        }
        at
    }

    fn packet(&mut self, number: usize, packet: &[u8]) {
        match packet {
            [b'4', b'0', ..] => self.send(number, |out| put_frame(out, &[br#"40{"sid":"0"}"#])),
            [b'4', b'2', rest @ ..] => {
                let id = rest.iter().position(|byte| *byte == b'[').unwrap_or(0);
                let (id, arguments) = rest.split_at(id);
                match arguments.get(2) {
                    Some(b'e') => {
                        self.send(number, |out| {
                            put_frame(out, &[b"43", id, b"[", &arguments[8..]])
                        });
                    }
                    Some(b'j') => {
                        self.join(number, &arguments[9..arguments.len() - 2]);
                        self.send(number, |out| put_frame(out, &[b"43", id, b"[]"]));
                    }
                    Some(b'l') => {
                        self.leave(number);
                        self.send(number, |out| put_frame(out, &[b"43", id, b"[]"]));
                    }
                    Some(b'p') => {
                        self.publish(number, arguments);
                        if !id.is_empty() {
                            self.send(number, |out| put_frame(out, &[b"43", id, b"[]"]));
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn join(&mut self, number: usize, name: &[u8]) {
        let room = match self.names.get(name) {
            Some(room) => *room,
            None => {
                self.rooms.push(Vec::new());
                self.names.insert(name.to_vec(), self.rooms.len() - 1);
                self.rooms.len() - 1
            }
        };
        self.rooms[room].push(number);
        self.clients[number].room = Some(room);
    }

    fn leave(&mut self, number: usize) {
        if let Some(room) = self.clients[number].room.take() {
            self.rooms[room].retain(|member| *member != number);
        }
    }

    /// `["pub",{"room":"…","data":…}]`, to the others in the room.
    fn publish(&mut self, number: usize, arguments: &[u8]) {
        let after = &arguments[16..];
        let quote = after.iter().position(|byte| *byte == b'"').unwrap_or(0);
        let Some(room) = self.names.get(&after[..quote]).copied() else { return };
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        put_frame(&mut frame, &[br#"42["msg","#, &after[quote + 9..after.len() - 2], b"]"]);
        let members = std::mem::take(&mut self.rooms[room]);
        for member in &members {
            if *member != number {
                self.send(*member, |out| out.extend_from_slice(&frame));
            }
        }
        self.rooms[room] = members;
        self.frame = frame;
    }

    fn send(&mut self, number: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let client = &mut self.clients[number];
        if client.outbox.capacity() == 0 {
            client.outbox = self.spare.pop().unwrap_or_default();
        }
        write(&mut client.outbox);
        self.mark(number);
    }

    fn mark(&mut self, number: usize) {
        let client = &mut self.clients[number];
        if !client.dirty {
            client.dirty = true;
            self.dirty.push(number);
        }
    }

    fn flush(&mut self) {
        while let Some(number) = self.dirty.pop() {
            let Some(client) = self.clients.get_mut(number) else { continue };
            client.dirty = false;
            if client.stalled {
                if client.outbox.len() > OUTBOX {
                    self.close(number);
                }
                continue;
            }
            match client.stream.write(&client.outbox) {
                Ok(written) if written == client.outbox.len() => {
                    client.outbox.clear();
                    self.spare.push(std::mem::take(&mut client.outbox));
                }
                Ok(written) => {
                    drop(client.outbox.drain(..written));
                    client.stalled = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => client.stalled = true,
                Err(_) => self.close(number),
            }
        }
    }

    fn close(&mut self, number: usize) {
        if self.clients.contains(number) {
            self.leave(number);
            let mut client = self.clients.remove(number);
            let _ = self.poll.registry().deregister(&mut client.stream);
        }
    }
}

/// A text frame of these parts, unmasked.
fn put_frame(out: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(0x81);
    match u16::try_from(length) {
        Ok(length @ 0..126) => out.push(length as u8),
        _ => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
}

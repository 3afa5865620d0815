//! One event: decoding, encoding, and the whole way through a server, with a permission and with a
//! guard.
//!
//! It must never count what the client allocates: its frames are ready-made.

use std::{
    hint::black_box,
    io::{Read, Write},
    net::TcpStream,
};

use salon::{
    Salon,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    config,
    event::{decode, encode},
    prelude::*,
    wire::{
        engine_io::Message,
        socket_io::{JsonParser, Packet, Parser},
        websocket::{FrameLimits, FrameReader, Opcode, encode_frame},
    },
};
use salon_tests::{Result, in_process::InProcess};
use stats_alloc::Region;

use crate::measure::{ALLOCATOR, measure, now, report};

/// 64 bytes of text and a number: what a chat or a small game sends.
#[derive(Serialize, Deserialize, Event)]
#[event("echo", reply = Echo)]
struct Echo {
    text: String,
    number: u64,
}

/// The same, with a permission whose grant is kept.
#[derive(Deserialize, Event)]
#[event("echo:permitted", permit = "echo", reply = Echo)]
struct Permitted(Echo);

/// The same, with a guard that awaits nothing.
#[derive(Deserialize, Event)]
#[event("echo:guarded", guard = Short, reply = Echo)]
struct Guarded(Echo);

struct Short;

impl Guard<Guarded> for Short {
    type Identity = ();

    async fn check(cx: Checked<'_, Guarded, ()>) -> Result<(), Refusal> {
        match cx.event().0.text.len() {
            0..=500 => Ok(()),
            bytes => Err(Refusal::other("too_long", format!("{bytes} bytes are over 500"))),
        }
    }
}

/// Everybody is nobody, but that is known.
pub(crate) struct Nobody;

impl Authenticator for Nobody {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<()>, Refusal> {
        Ok(().into())
    }
}

pub(crate) struct Everything;

impl Authority for Everything {
    type Identity = ();

    async fn decide(&self, _: Question<()>) -> Result<Grant, Refusal> {
        Ok(Grant::standing())
    }
}

struct Echoes;

impl Session for Echoes {
    type Identity = ();
    type Events = (Echo, Permitted, Guarded);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Echo> for Echoes {
    fn on(&mut self, event: Echo, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event)
    }
}

impl On<Permitted> for Echoes {
    fn on(&mut self, event: Permitted, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event.0)
    }
}

impl On<Guarded> for Echoes {
    fn on(&mut self, event: Guarded, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event.0)
    }
}

/// Prints what each step costs.
pub(crate) fn run(events: u32) -> Result<()> {
    println!("{events} events of 64 bytes of text and a number, as {}", packet_text(Echo::NAME));
    println!("{:<44} {:>10} {:>14} {:>12}", "one event", "ns", "allocations", "bytes");
    decoding(events);
    encoding(events);
    round_trip("dispatch: socket → handler → socket", Echo::NAME, events)?;
    round_trip("the same, with a permission", Permitted::NAME, events)?;
    round_trip("the same, with a guard", Guarded::NAME, events)
}

fn echo() -> Echo {
    Echo { text: "x".repeat(64), number: 7 }
}

fn packet_text(name: &'static str) -> String {
    let arguments = encode(&echo()).expect("an event of plain fields");
    let packet = Packet::Event { namespace: "/".into(), id: Some(1), name: name.into(), arguments };
    match JsonParser.encode(&packet).into_iter().next() {
        Some(Message::Text(text)) => text.to_string(),
        other => unreachable!("the JSON parser writes text, not {other:?}"),
    }
}

fn decoding(events: u32) {
    let mut frame = Vec::new();
    masked(format!("4{}", packet_text(Echo::NAME)).as_bytes(), &mut frame);
    let limits = config::Limits::default();
    let mut reader = FrameReader::new(FrameLimits::from(&limits));
    let mut buffer = bytes::BytesMut::new();
    measure("frame: bytes → message", events, || {
        buffer.extend_from_slice(&frame);
        black_box(reader.read(&mut buffer)).expect("a frame");
    });
    let message = Message::Text(packet_text(Echo::NAME).into());
    let mut decoder = JsonParser.decoder(&limits);
    measure("packet: message → packet", events, || {
        black_box(decoder.decode(message.clone())).expect("a packet");
    });
    let Ok(Some(Packet::Event { arguments, .. })) = decoder.decode(message.clone()) else {
        unreachable!("the packet was decoded before");
    };
    measure("event: arguments → struct", events, || {
        black_box(decode::<Echo>(&arguments)).expect("an event");
    });
}

fn encoding(events: u32) {
    let event = echo();
    measure("event: struct → arguments", events, || {
        black_box(encode(&event)).expect("arguments");
    });
    let arguments = encode(&event).expect("arguments");
    let packet =
        Packet::Event { namespace: "/".into(), id: None, name: Echo::NAME.into(), arguments };
    measure("packet: packet → message", events, || {
        black_box(JsonParser.encode(&packet));
    });
    let text = packet_text(Echo::NAME);
    let mut out = Vec::new();
    measure("frame: message → bytes", events, || {
        out.clear();
        encode_frame(Opcode::Text, black_box(text.as_bytes()), &mut out);
    });
}

/// Events with acknowledgements through a server of one worker and back, 64 under way at a time.
/// The client is a plain socket with ready-made frames: what is allocated is the server's.
fn round_trip(what: &str, name: &'static str, events: u32) -> Result<()> {
    const UNDER_WAY: u32 = 64;
    let builder = Salon::builder().authenticate(Nobody).authority(Everything);
    let server = InProcess::start(&builder.session::<Echoes>().build()?, 1)?;
    let mut socket = TcpStream::connect(server.address())?;
    socket.set_nodelay(true)?;
    socket.write_all(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n\
          Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    )?;
    let mut connect = Vec::new();
    masked(b"40", &mut connect);
    socket.write_all(&connect)?;
    let mut chunk = [0; 64 * 1024];
    let mut head = Vec::new();
    while !head.windows(3).any(|window| window == b"40{") {
        let read = socket.read(&mut chunk)?;
        head.extend_from_slice(&chunk[..read]);
    }

    let mut event = Vec::new();
    masked(format!("4{}", packet_text(name)).as_bytes(), &mut event);
    let batch = event.repeat(UNDER_WAY as usize);
    let answer = packet_text(name).replacen("2", "3", 1).replacen(&format!("{name:?},"), "", 1);
    // A frame's header of two bytes, or of four, and the Engine.IO type before the answer.
    let answer = 1 + answer.len() + if answer.len() < 125 { 2 } else { 4 };
    let mut batch_through = || -> Result<()> {
        socket.write_all(&batch)?;
        let mut missing = answer * UNDER_WAY as usize;
        while missing > 0 {
            match socket.read(&mut chunk)? {
                0 => return Err("the server closed the connection".into()),
                read => {
                    missing = missing.checked_sub(read).ok_or("more came than was asked for")?;
                }
            }
        }
        Ok(())
    };
    let batches = (events / UNDER_WAY).max(1);
    for _ in 0..batches.div_ceil(10) {
        batch_through()?;
    }
    let region = Region::new(ALLOCATOR);
    let started = now();
    for _ in 0..batches {
        batch_through()?;
    }
    report(what, batches * UNDER_WAY, started.elapsed(), &region);
    Ok(())
}

/// Appends a text frame as a client sends it; a mask of zeros leaves the payload as it is.
fn masked(payload: &[u8], out: &mut Vec<u8>) {
    let mut frame = Vec::new();
    encode_frame(Opcode::Text, payload, &mut frame);
    let header = frame.len() - payload.len();
    out.push(frame[0]);
    out.push(frame[1] | 0x80);
    out.extend_from_slice(&frame[2..header]);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

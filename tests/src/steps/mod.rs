//! The steps of one event's way, each ready to be taken many times: what the benchmark times, and
//! what the suite `allocations` and the count of instructions hold to their limits.
//!
//! It must never do in a step what is not part of it: whatever can be made before is made before.

mod codec;
mod server;

use salon::{
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    event::encode,
    prelude::*,
    wire::{
        engine_io::Message,
        socket_io::{JsonParser, Packet, Parser},
    },
};

use crate::Result;

/// One step, with all that it needs.
pub struct Step {
    name: &'static str,
    take: Box<dyn FnMut(u32) -> Result<()>>,
}

impl Step {
    fn new(name: &'static str, take: impl FnMut(u32) -> Result<()> + 'static) -> Self {
        Self { name, take: Box::new(take) }
    }

    /// Its name, in lists and limits.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Takes it so many times.
    pub fn take(&mut self, times: u32) -> Result<()> {
        (self.take)(times)
    }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({})", self.name)
    }
}

/// How to make one step, and its name.
pub type Make = fn(u32) -> Result<Step>;

/// All steps, in the order of the way. Those through a server have so many events under way at a
/// time; with one, what they do is the same each time.
pub const ALL: [Make; 11] = [
    codec::frame_to_message,
    codec::message_to_packet,
    codec::arguments_to_struct,
    codec::struct_to_arguments,
    codec::packet_to_message,
    codec::message_to_frame,
    server::session,
    server::permitted,
    server::guarded,
    server::broadcast,
    server::reconnection,
];

/// 64 bytes of text and a number: what a chat or a small game sends.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("echo", reply = Echo)]
struct Echo {
    text: String,
    number: u64,
}

fn echo() -> Echo {
    Echo { text: "x".repeat(64), number: 7 }
}

/// The packet of an event with an acknowledgement, as the client sends it.
fn packet_text(name: &'static str) -> String {
    let arguments = encode(&echo()).expect("an event of plain fields");
    text_of(&Packet::Event { namespace: "/".into(), id: Some(1), name: name.into(), arguments })
}

fn text_of(packet: &Packet) -> String {
    match JsonParser.encode(packet).into_iter().next() {
        Some(Message::Text(text)) => text.to_string(),
        other => unreachable!("the JSON parser writes text, not {other:?}"),
    }
}

/// Everybody is nobody, but that is known.
#[derive(Debug)]
pub struct Nobody;

impl Authenticator for Nobody {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<()>, Refusal> {
        Ok(().into())
    }
}

/// Everybody may do everything.
#[derive(Debug)]
pub struct Everything;

impl Authority for Everything {
    type Identity = ();

    async fn decide(&self, _: Question<()>) -> Result<Grant, Refusal> {
        Ok(Grant::standing())
    }
}

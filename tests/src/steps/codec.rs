//! Bytes to struct, and struct to bytes, without a server.
//!
//! It must never keep what a step made: freeing it is part of its cost.

use std::hint::black_box;

use salon::{
    config,
    event::{decode, encode},
    prelude::*,
    wire::{
        engine_io::Message,
        socket_io::{JsonParser, Packet, PacketLimits, Parser},
        websocket::{FrameLimits, FrameReader, Opcode, encode_frame},
    },
};

use super::{Echo, Step, echo, packet_text};
use crate::{Result, ready_made::masked};

pub(super) fn frame_to_message(_: u32) -> Result<Step> {
    let frame = masked(&format!("4{}", packet_text(Echo::NAME)));
    let mut reader = FrameReader::new(FrameLimits::from(&config::Limits::default()));
    let mut buffer = bytes::BytesMut::new();
    Ok(Step::new("frame: bytes → message", move |times| {
        for _ in 0..times {
            buffer.extend_from_slice(&frame);
            black_box(reader.read(&mut buffer))?;
        }
        Ok(())
    }))
}

pub(super) fn message_to_packet(_: u32) -> Result<Step> {
    let message = Message::Text(packet_text(Echo::NAME).into());
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    Ok(Step::new("packet: message → packet", move |times| {
        for _ in 0..times {
            black_box(decoder.decode_lazily(message.clone()))?;
        }
        Ok(())
    }))
}

pub(super) fn arguments_to_struct(_: u32) -> Result<Step> {
    let message = Message::Text(packet_text(Echo::NAME).into());
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    let Some(Packet::Event { arguments, .. }) = decoder.decode(message)? else {
        return Err("the packet is an event".into());
    };
    Ok(Step::new("event: arguments → struct", move |times| {
        for _ in 0..times {
            black_box(decode::<Echo>(&arguments))?;
        }
        Ok(())
    }))
}

pub(super) fn struct_to_arguments(_: u32) -> Result<Step> {
    let event = echo();
    Ok(Step::new("event: struct → arguments", move |times| {
        for _ in 0..times {
            black_box(encode(&event))?;
        }
        Ok(())
    }))
}

pub(super) fn packet_to_message(_: u32) -> Result<Step> {
    let arguments = encode(&echo())?;
    let packet =
        Packet::Event { namespace: "/".into(), id: None, name: Echo::NAME.into(), arguments };
    Ok(Step::new("packet: packet → message", move |times| {
        for _ in 0..times {
            black_box(JsonParser.encode(&packet));
        }
        Ok(())
    }))
}

pub(super) fn message_to_frame(_: u32) -> Result<Step> {
    let text = packet_text(Echo::NAME);
    let mut out = Vec::new();
    Ok(Step::new("frame: message → bytes", move |times| {
        for _ in 0..times {
            out.clear();
            encode_frame(Opcode::Text, black_box(text.as_bytes()), &mut out);
        }
        Ok(())
    }))
}

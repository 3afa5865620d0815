//! Salon's callers: in its process, and over a WebSocket.
//!
//! It must never take an answer for an acknowledgement that is not the one of what it said.

use std::{net::SocketAddr, path::Path, process::Command};

use salon::{Salon, room::RoomHandle};
use salon_tests::Result;

use super::{
    callers::Caller,
    ledger::{Ledger, Promise, Publish, TEXT},
    wire::Wire,
};
use crate::load::{Dialect, frames};

/// Asks rooms in this process.
pub(super) struct Asker<const IS_DURABLE: bool> {
    rooms: Vec<RoomHandle<Ledger<IS_DURABLE>>>,
}

impl<const IS_DURABLE: bool> Asker<IS_DURABLE> {
    pub(super) fn new(salon: &Salon, rooms: u32) -> Self {
        Self { rooms: (0..rooms).map(|room| salon.room(&room)).collect() }
    }
}

impl<const IS_DURABLE: bool> Caller for Asker<IS_DURABLE> {
    async fn publish(&mut self, room: u32, number: u64) -> Result<()> {
        let publish = Publish { text: TEXT.to_owned(), number };
        let answered = self.rooms[room as usize].open_and_ask(publish).await?;
        (answered == number).then_some(()).ok_or_else(|| "another one was acknowledged".into())
    }
}

/// How a server of its own is started.
pub(super) fn command(promise: Promise, file: &Path) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["durable-server", promise.name()]).arg(file);
    Ok(command)
}

/// Speaks Socket.IO over a WebSocket.
pub(super) struct Speaker(Wire);

impl Speaker {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        let mut wire = Wire::open(address).await?;
        wire.send(&Dialect::SocketIo.upgrade()).await?;
        if !wire.take_to(b"\r\n\r\n").await?.starts_with(b"HTTP/1.1 101") {
            return Err("the upgrade was refused".into());
        }
        let mut speaker = Self(wire);
        speaker.0.send(&frames::text("40")).await?;
        speaker.hear("40").await?;
        Ok(speaker)
    }

    /// Reads until something comes that begins so; what it was.
    async fn hear(&mut self, begin: &str) -> Result<String> {
        loop {
            let head = self.0.take(2).await?;
            let length = match head[1] {
                126 => {
                    let length = self.0.take(2).await?;
                    usize::from(u16::from_be_bytes([length[0], length[1]]))
                }
                length @ 0..126 => usize::from(length),
                _ => return Err("a frame is longer than anything that is awaited".into()),
            };
            let text = std::str::from_utf8(self.0.take(length).await?)?;
            if text.starts_with(begin) {
                return Ok(text.to_owned());
            }
            if text == "2" {
                self.0.send(&frames::text("3")).await?;
            }
        }
    }
}

impl Caller for Speaker {
    async fn publish(&mut self, room: u32, number: u64) -> Result<()> {
        let say = format!(r#"421["say",{{"room":{room},"text":"{TEXT}","number":{number}}}]"#);
        self.0.send(&frames::text(&say)).await?;
        let answer = self.hear("431").await?;
        let is_its = answer == format!("431[{number}]");
        is_its.then_some(()).ok_or_else(|| format!("it was answered {answer}").into())
    }
}

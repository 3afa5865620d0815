//! One client: it joins its room, follows the room's order, and can say what it has seen of it.
//!
//! It must never take an event for the next one that is not.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use salon_tests::Result;
use serde::Deserialize;
use serde_json::json;

use crate::load::{Dialect, frames};

/// The last that it has seen.
#[derive(Clone, Debug)]
struct Seen {
    epoch: String,
    seq: u64,
}

/// What a room tells who has joined.
#[derive(Debug, Deserialize)]
struct Joined {
    epoch: String,
    after: u64,
    #[serde(default)]
    resumed: bool,
    lost: Option<String>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Away,
    Upgrading,
    Connecting,
    Joining,
    Joined,
}

/// A client of one room.
#[derive(Debug)]
pub(super) struct Member {
    name: String,
    room: String,
    token: String,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
    stage: Stage,
    seen: Option<Seen>,
    /// Where it goes on when it comes back.
    noted: Option<Seen>,
    /// What it was told when it joined last.
    joined: Option<Joined>,
    /// Since it has connected: how many events it was sent, how many of them are what somebody has said, and
    /// how much of what it has said itself was acknowledged.
    pub(super) events: usize,
    pub(super) heard: usize,
    pub(super) acknowledged: usize,
}

impl Member {
    pub(super) fn new(name: String, room: String, token: String) -> Self {
        Self {
            name,
            room,
            token,
            stream: None,
            received: Vec::new(),
            unsent: Vec::new(),
            stage: Stage::Away,
            seen: None,
            noted: None,
            joined: None,
            events: 0,
            heard: 0,
            acknowledged: 0,
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// Begins to come in.
    pub(super) fn connect(&mut self, stream: TcpStream) {
        let (name, room, token) = (self.name.clone(), self.room.clone(), self.token.clone());
        let mut anew = Self::new(name, room, token);
        anew.noted = self.noted.take();
        anew.stream = Some(stream);
        anew.stage = Stage::Upgrading;
        anew.unsent = Dialect::SocketIo.upgrade();
        *self = anew;
    }

    /// The connection is cut.
    pub(super) fn cut(&mut self) {
        self.stream = None;
        self.stage = Stage::Away;
    }

    /// It will go on from here, whatever it hears until it is cut.
    pub(super) fn note(&mut self) {
        self.noted.clone_from(&self.seen);
    }

    /// Says that in its room, to be acknowledged.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        let say = json!(["chat:say", { "room": self.room, "text": text }]);
        self.send(&frames::text(&format!("422{say}")))
    }

    /// Whether the room knows it again; if not, what is lost.
    pub(super) fn resumed(&self) -> Result<(), &str> {
        match &self.joined {
            Some(Joined { resumed: true, .. }) => Ok(()),
            Some(Joined { lost: Some(lost), .. }) => Err(lost),
            Some(_) => Err("nothing was said to be"),
            None => Err("it has not joined"),
        }
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let unsent = std::mem::take(&mut self.unsent);
        if unsent.is_empty() { Ok(()) } else { self.send(&unsent) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut().filter(|_| self.unsent.is_empty()) else {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        };
        let written = match stream.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            written => written?,
        };
        self.unsent.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Takes what has come.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        loop {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            let read = match stream.read(buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                read => read?,
            };
            self.received.extend_from_slice(&buffer[..read]);
            self.take()?;
            // A short read has emptied the socket: what comes later makes a new event.
            if read < buffer.len() {
                return Ok(());
            }
        }
    }

    fn take(&mut self) -> Result<()> {
        let received = std::mem::take(&mut self.received);
        let mut read = 0;
        if self.stage == Stage::Upgrading {
            let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.received = received;
                return Ok(());
            };
            if !received.starts_with(b"HTTP/1.1 101") {
                return Err("the upgrade was refused".into());
            }
            read = end + 4;
            self.stage = Stage::Connecting;
            self.send(&frames::text(&format!("40{}", self.auth())))?;
        }
        while let Some((payload, length)) = frame(&received[read..])? {
            self.hear(payload)?;
            read += length;
        }
        self.received = received;
        self.received.drain(..read);
        Ok(())
    }

    fn auth(&self) -> serde_json::Value {
        let mut auth = json!({ "token": self.token });
        if let Some(Seen { epoch, seq }) = &self.noted {
            let after = json!({ "epoch": epoch, "seq": seq });
            auth["salon"] = json!({ "after": { format!("chat:{}", self.room): after } });
        }
        auth
    }

    fn hear(&mut self, payload: &str) -> Result<()> {
        if let Some(event) = payload.strip_prefix("42") {
            self.events += 1;
            return self.hear_event(event);
        }
        match (payload.get(..2).unwrap_or(payload), self.stage) {
            ("2", _) => self.send(&frames::text("3"))?,
            ("40", Stage::Connecting) => {
                self.stage = Stage::Joining;
                let join = json!(["chat:join", { "room": self.room, "name": self.name }]);
                self.send(&frames::text(&format!("421{join}")))?;
            }
            ("43", Stage::Joining) if self.joined.is_some() => self.stage = Stage::Joined,
            ("43", Stage::Joined) => self.acknowledged += 1,
            ("41" | "43" | "44", _) => {
                return Err(format!("{} was refused: {payload}", self.name).into());
            }
            _ => {}
        }
        Ok(())
    }

    fn hear_event(&mut self, event: &str) -> Result<()> {
        if let Some(told) = event.strip_prefix(r#"["salon:joined","#) {
            let joined: Joined = serde_json::from_str(told.trim_end_matches(']'))?;
            self.seen = Some(Seen { epoch: joined.epoch.clone(), seq: joined.after });
            self.joined = Some(joined);
            return Ok(());
        }
        let Some(seq) = number(event) else { return Ok(()) };
        let seen = self.seen.as_mut().ok_or("something came of a room before it was joined")?;
        if seq != seen.seq + 1 {
            return Err(format!("{} heard number {seq} behind {}", self.name, seen.seq).into());
        }
        seen.seq = seq;
        self.heard += usize::from(event.starts_with(r#"["chat:said""#));
        Ok(())
    }
}

/// The number in an event's place, which is the end of it.
fn number(event: &str) -> Option<u64> {
    let (_, number) = event.strip_suffix("}]")?.rsplit_once(r#""seq":"#)?;
    number.parse().ok()
}

/// The text of the first frame, and where it ends.
fn frame(bytes: &[u8]) -> Result<Option<(&str, usize)>> {
    let (header, length) = match bytes.get(1) {
        None => return Ok(None),
        Some(126) => match bytes.get(2..4) {
            None => return Ok(None),
            Some(length) => (4, usize::from(u16::from_be_bytes([length[0], length[1]]))),
        },
        Some(length @ 0..126) => (2, usize::from(*length)),
        Some(_) => return Err("a frame is longer than anything that is awaited".into()),
    };
    if bytes[0] != 0x81 {
        return Err("the server closes the connection".into());
    }
    let end = header + length;
    let Some(payload) = bytes.get(header..end) else { return Ok(None) };
    Ok(Some((std::str::from_utf8(payload)?, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_that_of_the_place() {
        let place = r#"{"room":"chat:a","epoch":"b7","seq":13}]"#;
        let said = format!(r#"["chat:said",{{"by":"a","text":"\"seq\":7"}},{place}"#);
        assert_eq!(number(&said), Some(13));
        assert_eq!(number(r#"["chat:typed",{"by":"a"},{"epoch":"b7","after":13}]"#), None);
    }

    #[test]
    fn a_frame_is_read_when_all_of_it_has_come() -> Result<()> {
        let bytes = [0x81, 126, 0, 130].into_iter().chain([b'x'; 130]).collect::<Vec<_>>();
        for cut in 0..bytes.len() {
            assert_eq!(frame(&bytes[..cut])?, None, "{cut} bytes");
        }
        assert_eq!(frame(&bytes)?.map(|(payload, end)| (payload.len(), end)), Some((130, 134)));
        Ok(())
    }
}

//! NATS JetStream: one stream in files, with a subject for each room.
//!
//! It must never take a message for kept that the stream has not acknowledged.

use std::{
    fs::{self, File},
    io::Write,
    net::SocketAddr,
    path::Path,
    process::Command,
};

use salon_tests::Result;
use serde_json::{Value, json};

use super::{
    callers::Caller,
    ledger::{KEPT, TEXT},
    wire::Wire,
};

pub(super) const PROGRAM: &str = "nats-server";

/// How a server is started that keeps its data in that folder, and its log; it syncs that often, or as it
/// does if it is not told.
pub(super) fn command(folder: &Path, port: u16, sync: Option<&str>) -> Result<Command> {
    let sync = sync.map_or_else(String::new, |sync| format!("sync_interval: {sync}\n"));
    let data = json!(folder.join("data"));
    let settings = folder.join("settings");
    fs::write(
        &settings,
        format!("host: 127.0.0.1\nport: {port}\njetstream {{\nstore_dir: {data}\n{sync}}}\n"),
    )?;
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(settings).stderr(File::create(folder.join("log"))?);
    Ok(command)
}

/// Publishes on subjects of the stream.
pub(super) struct Publisher {
    wire: Wire,
    /// Where its answers go.
    inbox: String,
    request: Vec<u8>,
}

impl Publisher {
    pub(super) async fn connect(address: SocketAddr, number: u32) -> Result<Self> {
        let mut wire = Wire::open(address).await?;
        let inbox = format!("_INBOX.{number}");
        let hello = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";
        wire.send(format!("{hello}SUB {inbox} 1\r\nPING\r\n").as_bytes()).await?;
        while wire.line().await? != "PONG" {}
        Ok(Self { wire, inbox, request: Vec::new() })
    }

    /// Makes the stream.
    pub(super) async fn make_stream(&mut self) -> Result<()> {
        let stream = json!({
            "name": "rooms",
            "subjects": ["room.*"],
            "storage": "file",
            "retention": "limits",
            "max_msgs_per_subject": KEPT,
        });
        let made = self.ask("$JS.API.STREAM.CREATE.rooms", &stream.to_string()).await?;
        match made.get("error") {
            None => Ok(()),
            Some(error) => Err(format!("the stream was not made: {error}").into()),
        }
    }

    /// Publishes with a place for the answer, and waits for that.
    async fn ask(&mut self, subject: &str, payload: &str) -> Result<Value> {
        self.request.clear();
        let (inbox, length) = (&self.inbox, payload.len());
        write!(self.request, "PUB {subject} {inbox} {length}\r\n{payload}\r\n")?;
        self.wire.send(&self.request).await?;
        loop {
            let line = self.wire.line().await?;
            match line.split(' ').next().unwrap_or_default() {
                "MSG" => {
                    let length = line.rsplit(' ').next().unwrap_or_default().parse::<usize>()?;
                    let message = self.wire.take(length + 2).await?;
                    return Ok(serde_json::from_slice(message)?);
                }
                "PING" => self.wire.send(b"PONG\r\n").await?,
                "-ERR" => return Err(format!("NATS says {line:?}").into()),
                _ => {}
            }
        }
    }
}

impl Caller for Publisher {
    async fn publish(&mut self, room: u32, number: u64) -> Result<()> {
        let said = format!(r#"{{"text":"{TEXT}","number":{number}}}"#);
        let acknowledged = self.ask(&format!("room.{room}"), &said).await?;
        let is_kept = acknowledged["seq"].is_u64();
        is_kept.then_some(()).ok_or_else(|| format!("it was answered {acknowledged}").into())
    }
}

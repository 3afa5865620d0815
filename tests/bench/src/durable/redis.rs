//! Redis: a stream for each room, in the append-only file.
//!
//! It must never wait for less than the promise that it stands beside: an entry is acknowledged when Redis
//! has written it, and with `always` synced it.

use std::{fs::File, io::Write, net::SocketAddr, path::Path, process::Command};

use salon_tests::Result;

use super::{
    callers::Caller,
    ledger::{KEPT, TEXT},
    wire::Wire,
};

pub(super) const PROGRAM: &str = "redis-server";

/// How a server is started that keeps its data in that folder, and its log.
pub(super) fn command(folder: &Path, port: u16, fsync: &str) -> Result<Command> {
    let mut command = Command::new(PROGRAM);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir"]).arg(folder);
    command.args(["--appendonly", "yes", "--appendfsync", fsync, "--save", ""]);
    command.stdout(File::create(folder.join("log"))?);
    Ok(command)
}

/// Adds to streams.
pub(super) struct Adder {
    wire: Wire,
    request: Vec<u8>,
}

impl Adder {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self { wire: Wire::open(address).await?, request: Vec::new() })
    }
}

impl Caller for Adder {
    async fn publish(&mut self, room: u32, number: u64) -> Result<()> {
        let (stream, kept, number) = (format!("room:{room}"), KEPT.to_string(), number.to_string());
        let words = ["XADD", &stream, "MAXLEN", "~", &kept, "*", "text", TEXT, "number", &number];
        self.request.clear();
        write!(self.request, "*{}\r\n", words.len())?;
        for word in words {
            write!(self.request, "${}\r\n{word}\r\n", word.len())?;
        }
        self.wire.send(&self.request).await?;
        let line = self.wire.line().await?;
        let length = line.strip_prefix('$').and_then(|length| length.parse::<usize>().ok());
        let Some(length) = length else { return Err(format!("XADD was answered {line:?}").into()) };
        self.wire.take(length + 2).await?;
        Ok(())
    }
}

//! A server that loses what it is told to lose: what a mode counts as lost is compared with it.
//!
//! It must never lose what it does not count.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use salon_tests::Result;

use super::{Extent, Outcome, echo, fan_out, rooms};
use crate::server::Server;

/// Of so many acknowledgements and events, one is lost.
const ONE_OF: u64 = 499;

const EXTENT: Extent = Extent {
    warm_up: Duration::ZERO,
    time: Duration::from_millis(200),
    last_words: Duration::from_secs(3),
    rest: Duration::ZERO,
    connections: 0,
};

/// Who is in which room.
type Rooms = HashMap<String, Vec<TcpStream>>;

#[derive(Default)]
struct Lossy {
    rooms: Mutex<Rooms>,
    said: AtomicU64,
    lost: AtomicU64,
}

impl Lossy {
    /// Puts it through a mode; what that says was lost, and what was.
    fn counted(run: impl FnOnce(&Server) -> Result<Outcome>) -> Result<(u64, u64)> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let lossy = Arc::<Self>::default();
        let accepting = lossy.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lossy = accepting.clone();
                // It ends when its client is gone.
                let serve = move || drop(lossy.serve(stream));
                let _ = thread::Builder::new().stack_size(128 * 1024).spawn(serve);
            }
        });
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo listening on {port}; exec sleep 600")]);
        let outcome = run(&Server::start(command)?)?;
        Ok((outcome.lost, lossy.lost.load(Ordering::SeqCst)))
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(bytes::<1>(&mut stream)?);
        }
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")?;
        let own = stream.try_clone()?;
        loop {
            let text = read(&mut stream)?;
            let room = text
                .rsplit_once("room")
                .map(|(_, name)| name.split('"').next().unwrap_or_default().to_owned());
            let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            let members = rooms.entry(room.unwrap_or_default()).or_default();
            if text == "40" {
                write(&own, r#"40{"sid":"a"}"#)?;
            } else if text.starts_with(r#"421["join""#) {
                members.push(own.try_clone()?);
                write(&own, "431[]")?;
            } else if text.starts_with(r#"421["echo""#) {
                self.say(&own, "431[]")?;
            } else {
                let address = own.peer_addr()?;
                for member in members {
                    if member.peer_addr()? != address {
                        self.say(member, r#"42["msg","x"]"#)?;
                    }
                }
            }
        }
    }

    /// Says something, unless it is lost.
    fn say(&self, client: &TcpStream, text: &str) -> Result<()> {
        if self.said.fetch_add(1, Ordering::SeqCst) % ONE_OF == ONE_OF - 1 {
            self.lost.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        write(client, text)
    }
}

fn write(mut client: &TcpStream, text: &str) -> Result<()> {
    let mut frame = vec![0x81, text.len() as u8];
    frame.extend(text.bytes());
    Ok(client.write_all(&frame)?)
}

/// One masked text frame, as the load sends it.
fn read(stream: &mut TcpStream) -> Result<String> {
    let length = match bytes::<2>(stream)?[1] & 0x7f {
        126 => usize::from(u16::from_be_bytes(bytes(stream)?)),
        short => usize::from(short),
    };
    let mask: [u8; 4] = bytes(stream)?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(String::from_utf8(payload)?)
}

fn bytes<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn acknowledgements_that_a_server_loses_are_counted() -> Result<()> {
    let (counted, lost) = Lossy::counted(|server| echo::run(server, &EXTENT, 100))?;
    assert!(lost > 0 && counted == lost, "{counted} counted, and {lost} lost");
    Ok(())
}

#[test]
fn deliveries_that_a_server_loses_are_counted() -> Result<()> {
    for run in [fan_out::run, rooms::run] {
        let (counted, lost) = Lossy::counted(|server| run(server, &EXTENT))?;
        assert!(lost > 0 && counted == lost, "{counted} counted, and {lost} lost");
    }
    Ok(())
}

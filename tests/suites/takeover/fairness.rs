//! One client who sends all the time: the others are served meanwhile, and it is answered itself.
//!
//! It must never judge how fast: only a client that is not answered before the other one ends is a
//! mistake.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use salon::{Salon, prelude::*};
use salon_tests::{Result, in_process::InProcess};
use tokio::time::timeout;

use crate::{
    LIMIT,
    client::{Client, frame, handshake},
    server::serve_on,
};

/// For how long a client is waited for that nobody answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// More bytes than the buffers of two sockets hold: the server is reading them.
const ENOUGH: usize = 16 << 20;

/// An empty ping, masked with zeros.
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

/// A client that sends the same all the time, until this is dropped.
struct Flood {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn start(address: SocketAddr, first: &[u8], bytes: Vec<u8>) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_write_timeout(Some(Duration::from_millis(100)))?;
        stream.write_all(&[&handshake(), first].concat())?;
        let (over, mut reading) = (Arc::new(AtomicBool::new(false)), stream.try_clone()?);
        let (is_over, sent) = (over.clone(), Arc::<AtomicUsize>::default());
        let counted = sent.clone();
        let sends = thread::spawn(move || {
            // A write that came to nothing is begun anew, where the one before it ended.
            let mut at = 0;
            while !is_over.load(Ordering::Relaxed) {
                match stream.write(&bytes[at..]) {
                    Ok(written) => {
                        at = (at + written) % bytes.len();
                        counted.fetch_add(written, Ordering::Relaxed);
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
        let reads = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while reading.read(&mut buffer).is_ok_and(|length| length > 0) {}
        });
        Ok(Self { over, sent, threads: vec![sends, reads] })
    }
}

impl Flood {
    /// Whether the server has ended the connection.
    fn is_over(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

async fn others_are_served_during(first: &str, bytes: Vec<u8>) -> Result<()> {
    let server = serve_on(1)?;
    let mut other = Client::open(server.address()).await?;
    other.ask("4before").await?;
    let mut opening = Vec::new();
    if !first.is_empty() {
        frame(first, &mut opening);
    }
    let flood = Flood::start(server.address(), &opening, bytes)?;
    while flood.sent.load(Ordering::Relaxed) < ENOUGH && !flood.is_over() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        let answer = timeout(PATIENCE, other.ask("4meanwhile")).await;
        assert_eq!(answer.expect("the other client waits for the flood to end")?, "4meanwhile");
    }
    drop(flood);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_sends_pings_does_not_hold_up_the_others_of_its_worker() -> Result<()> {
    others_are_served_during("", PING.repeat(50_000)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_sends_noops_does_not_hold_up_the_others_of_its_worker() -> Result<()> {
    let mut bytes = Vec::new();
    (0..50_000).for_each(|_| frame("6", &mut bytes));
    others_are_served_during("", bytes).await
}

/// A packet that is none, so that the server closes, and waits for the client's close frame.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_on_during_the_close_handshake_does_not_hold_up_the_others()
-> Result<()> {
    others_are_served_during("x", PING.repeat(50_000)).await
}

#[derive(Deserialize, Event)]
#[event("ask", reply = u64)]
struct Ask(u64);

struct Asker;

impl Session for Asker {
    type Identity = ();
    type Events = (Ask,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> std::result::Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Ask> for Asker {
    fn on(
        &mut self,
        Ask(number): Ask,
        cx: &mut SessionContext<Self>,
    ) -> std::result::Result<u64, Refusal> {
        cx.spawn(async {}, |_, (), _| ());
        Ok(number)
    }
}

/// More than an outbox holds, so that answers are to be written before all of it is read.
const QUESTIONS: u64 = 6_000;

#[tokio::test]
async fn answers_are_written_between_two_turns_of_reading_also_if_handlers_spawn() -> Result<()> {
    let server = InProcess::start(&Salon::builder().session::<Asker>().build()?, 1)?;
    let mut client = Client::open(server.address()).await?;
    assert!(client.ask("40").await?.starts_with("40"));
    let mut bytes = Vec::new();
    (0..QUESTIONS).for_each(|n| frame(&format!("42{n}[\"ask\",{n}]"), &mut bytes));
    client.send(&bytes).await?;
    for number in 0..QUESTIONS {
        assert_eq!(timeout(LIMIT, client.text()).await??, format!("43{number}[{number}]"));
    }
    Ok(())
}

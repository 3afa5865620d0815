//! Clients by others that are cut off at random, and come back to a typed room.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use salon_tests::{Result, raw_http::Request, server::Server};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

use crate::{
    TRANSPORTS,
    peer_process::{PeerProcess, typed},
};

/// How often each client is cut off over each transport; more by the environment.
const CUTS: usize = 80;

/// Between a client and a server: all that goes through it can be cut.
struct Line {
    address: std::net::SocketAddr,
    open: Arc<Mutex<Vec<JoinHandle<()>>>>,
    listening: JoinHandle<()>,
}

impl Line {
    async fn to(server: &Server) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, target) = (listener.local_addr()?, server.address());
        let open = Arc::<Mutex<Vec<JoinHandle<()>>>>::default();
        let all = open.clone();
        let listening = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let through = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        // Either may go at any time.
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
                all.lock().expect("nobody panics with it").push(through);
            }
        });
        Ok(Self { address, open, listening })
    }

    fn cut(&self) {
        let mut open = self.open.lock().expect("nobody panics with it");
        open.drain(..).for_each(|through| through.abort());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

/// What the tokens are signed with.
const SECRET: &str = "a secret of thirty-two bytes, and more";

/// Every so manieth is to be acknowledged.
const ACKED: usize = 5;

/// Says something in the room; whether it is to be acknowledged.
async fn say(server: &Server, text: &str, acked: bool) -> Result<()> {
    let body = serde_json::json!({ "room": "lounge", "text": text, "acked": acked }).to_string();
    let request =
        Request::new("POST", "/control/publish").header("content-type", "application/json");
    let response = request.body(body).send(server.address()).await?;
    match response.status {
        200 => Ok(()),
        status => Err(format!("nothing is said: {status}").into()),
    }
}

/// Has it say what it puts off while it is cut off, and cuts it off as often as it takes.
async fn put_off(client: &PeerProcess, transports: &str) -> Result<()> {
    // A key is a user's: it has to be known which one.
    let server = typed(&["--workers", "2", "--secret", SECRET]).await?;
    let line = Line::to(&server).await?;
    let url = format!("http://{}", line.address);
    let arguments = [&*url, transports, SECRET];
    let mut playing = std::pin::pin!(client.run(&arguments));
    let chance = &mut fastrand::Rng::with_seed(7);
    loop {
        tokio::select! {
            played = &mut playing => return played,
            () = sleep(Duration::from_millis(chance.u64(100..400))) => line.cut(),
        }
    }
}

/// Has it hear numbers, and cut off between them, until it has been so often enough.
async fn play(client: &PeerProcess, transports: &str) -> Result<()> {
    let server = typed(&["--workers", "2"]).await?;
    let line = Line::to(&server).await?;
    let url = format!("http://{}", line.address);
    let arguments = [&*url, transports];
    let mut playing = std::pin::pin!(client.run(&arguments));
    let mut cut_off = std::pin::pin!(async {
        let cuts = std::env::var("SALON_CUTS").ok().and_then(|cuts| cuts.parse().ok());
        let chance = &mut fastrand::Rng::with_seed(7);
        for number in 1..=cuts.unwrap_or(CUTS) * 8 {
            say(&server, &number.to_string(), number % ACKED == 0).await?;
            sleep(Duration::from_millis(chance.u64(0..12))).await;
            if chance.u8(0..8) == 0 {
                line.cut();
            }
        }
        // Until it is back to hear it.
        loop {
            say(&server, "end", false).await?;
            sleep(Duration::from_millis(500)).await;
        }
    });
    tokio::select! {
        played = &mut playing => played,
        failed = &mut cut_off => failed,
    }
}

macro_rules! resumed {
    ($($name:ident => $client:expr;)+) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            for transports in TRANSPORTS {
                play(&$client, transports).await.map_err(|it| format!("over {transports}: {it}"))?;
            }
            Ok(())
        })+
    };
}

resumed! {
    javascript_3_0_resumes_a_room => PeerProcess::resuming_node("client-3.0");
    javascript_4_0_resumes_a_room => PeerProcess::resuming_node("client-4.0");
    javascript_4_8_resumes_a_room => PeerProcess::resuming_node("client-4.8");
    python_resumes_a_room => PeerProcess::resuming_python("async");
}

#[tokio::test]
async fn javascript_4_8_sends_again_what_it_has_put_off_and_joins_ahead_of_it() -> Result<()> {
    for transports in TRANSPORTS {
        let client = PeerProcess::retrying_node("client-4.8");
        put_off(&client, transports).await.map_err(|it| format!("over {transports}: {it}"))?;
    }
    Ok(())
}

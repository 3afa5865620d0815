//! The layer below Socket.IO.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use salon::{Application, DisconnectReason, RawConnection, Salon, wire::engine_io::Message};
use salon_tests::{
    Result,
    in_process::InProcess,
    polling::{Endpoint, Polling},
};
use tokio::sync::Notify;

/// Echoes; `close` ends the connection, `panic` panics.
#[derive(Clone, Default)]
struct Echo(Arc<Seen>);

#[derive(Default)]
struct Seen {
    closed: AtomicUsize,
    changed: Notify,
}

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        match &message {
            Message::Text(text) if text == "close" => connection.close(),
            Message::Text(text) if text == "panic" => panic!("a panic in an application"),
            _ => drop(connection.send(message)),
        }
    }

    fn closed(&self, _: &RawConnection, _: DisconnectReason) {
        self.0.closed.fetch_add(1, Ordering::Relaxed);
        self.0.changed.notify_one();
    }
}

#[tokio::test]
async fn whichever_way_a_connection_ends_the_application_hears_of_it_once() -> Result<()> {
    let echo = Echo::default();
    let salon = Salon::builder().application(echo.clone()).build()?;
    let server = InProcess::start(&salon, 1)?;
    for (ended, packet) in ["4close", "4panic", "1"].into_iter().enumerate() {
        let endpoint =
            Endpoint { address: server.address(), path: "/socket.io/", parameters: String::new() };
        let (polling, _open) = Polling::open(endpoint).await?;
        polling.post("4hello").await?;
        assert_eq!(polling.get().await?.text(), "4hello");
        polling.post(packet).await?;
        echo.0.changed.notified().await;
        assert_eq!(echo.0.closed.load(Ordering::Relaxed), ended + 1, "after {packet}");
    }
    Ok(())
}

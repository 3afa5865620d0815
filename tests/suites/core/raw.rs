//! The layer below Socket.IO.
//!
//! It must never let a session of Socket.IO in: its clients speak Engine.IO alone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::http::Method;
use salon::{
    Application, DisconnectReason, RawConnection, Salon,
    testing::{Lab, Wire},
    wire::engine_io::Message,
};

use crate::table::{next_text, text};

/// Echoes; `close` ends the connection, `panic` panics.
#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Vec<DisconnectReason>>>);

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        match &message {
            Message::Text(text) if text == "close" => connection.close(),
            Message::Text(text) if text == "panic" => panic!("a panic in an application"),
            _ => drop(connection.send(message)),
        }
    }

    fn closed(&self, _: &RawConnection, reason: DisconnectReason) {
        self.0.lock().expect("no panic under it").push(reason);
    }
}

#[salon::test]
async fn whichever_way_a_connection_ends_the_application_hears_of_it_once() {
    for wire in Wire::SOCKET_IO {
        let echo = Echo::default();
        let lab = Lab::new(Salon::builder().application(echo.clone()).build()?).await;
        let mut expected = Vec::new();
        for (end, reason) in [
            ("close", DisconnectReason::ForcedServerClose),
            ("panic", DisconnectReason::ForcedServerClose),
            ("goodbye", DisconnectReason::TransportClose),
        ] {
            let client = lab.visitor().wire(wire).open().await?;
            client.send_raw(text("hello"));
            assert_eq!(next_text(&client).await, "hello");
            if end == "goodbye" {
                client.close();
            } else {
                client.send_raw(text(end));
            }
            // A move to WebSocket that is under way comes first.
            client.closed().within(Duration::from_secs(1)).await;
            lab.advance(Duration::from_secs(100)).await;
            expected.push(reason);
            let heard = echo.0.lock().expect("no panic under it").clone();
            assert_eq!(heard, expected, "after {end} over {wire:?}");
        }
    }
}

/// Notes what it hears; `panic` panics.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: &str) {
        self.0.lock().expect("no panic under it").push(what.to_owned());
    }
}

impl Application for Notes {
    fn received(&self, _: &RawConnection, message: Message) {
        let Message::Text(text) = message else { return };
        self.note(&text);
        assert!(text != "panic", "a panic in an application");
    }

    fn closed(&self, _: &RawConnection, _: DisconnectReason) {
        self.note("closed");
    }
}

#[salon::test]
async fn an_application_hears_nothing_more_of_a_connection_that_has_ended() {
    for wire in Wire::SOCKET_IO {
        let notes = Notes::default();
        let lab = Lab::new(Salon::builder().application(notes.clone()).build()?).await;
        let client = lab.visitor().wire(wire).open().await?;
        // They come together, with what ends it in between.
        for message in ["hello", "panic", "late", "later"] {
            client.send_raw(text(message));
        }
        lab.advance(Duration::from_secs(100)).await;
        let heard = notes.0.lock().expect("no panic under it").clone();
        assert_eq!(heard, ["hello", "panic", "closed"], "{wire:?}");
    }
    // All in one body.
    let notes = Notes::default();
    let lab = Lab::new(Salon::builder().application(notes.clone()).build()?).await;
    let open = "/socket.io/?EIO=4&transport=polling";
    let opened = lab.visitor().request(Method::GET, open, "").await?.text();
    let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
    let session = format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?);
    let body = "4hello\u{1e}4panic\u{1e}4late\u{1e}4later";
    lab.visitor().request(Method::POST, &session, body).await?;
    lab.advance(Duration::from_secs(100)).await;
    let heard = notes.0.lock().expect("no panic under it").clone();
    assert_eq!(heard, ["hello", "panic", "closed"]);
}

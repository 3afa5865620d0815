//! The layer below Socket.IO.
//!
//! It must never let a session of Socket.IO in: its clients speak Engine.IO alone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

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
    for wire in Wire::ALL {
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

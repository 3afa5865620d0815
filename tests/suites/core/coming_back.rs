//! Clients that come back whatever has happened to their old connection, and whatever they were sent.
//!
//! It must never know more of a session than a client is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use salon::{
    Salon,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::table::{next_text, text};

const MINUTE: Duration = Duration::from_secs(60);

/// What happens to sessions, as the application sees it.
type Seen = Arc<Mutex<Vec<&'static str>>>;

fn salon(seen: &Seen) -> Result<Salon, salon::BuildError> {
    let note = |what| {
        let seen = seen.clone();
        move || seen.lock().expect("nothing panics under it").push(what)
    };
    let (connected, disconnected) = (note("connected"), note("disconnected"));
    let builder = Salon::builder()
        .on("join", |socket, event| {
            let joined = socket.join(event.payload.get::<String>(0).unwrap_or_default()).is_ok();
            let _ = event.acknowledge((joined,));
        })
        .connected(move |_| connected())
        .disconnected(move |_, _| disconnected());
    builder.limits(|limits| limits.max_recovery_frames = 8).recovery(MINUTE).build()
}

async fn lab(seed: u64) -> Result<Lab, Failure> {
    Ok(Lab::builder(salon(&Seen::default())?).workers(2).seed(seed).start().await)
}

/// The first values of the news that came.
async fn news(client: &Client) -> Vec<Value> {
    client.events().await.iter().map(|event| event.json()[0].clone()).collect()
}

#[test]
fn one_whose_old_connection_was_not_missed_yet_has_its_session_again_and_that_ends_first() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let seen = Seen::default();
            let lab = Lab::builder(salon(&seen)?).workers(2).seed(seed).start().await;
            let client = lab.visitor().wire(wire).connect().await?;
            let id = client.id();
            let _: bool = client.call("join", ("red",)).await?;
            let all = lab.salon().namespace("/");
            all.emit_named("news", (1,));
            client.expect_named("news").await;
            client.vanish();
            all.clone().to("red").emit_named("news", (2,));
            lab.settle().await;
            client.reconnect().await?;
            assert_eq!(client.id(), id, "{wire:?}");
            all.clone().to("red").emit_named("news", (3,));
            assert_eq!(news(&client).await, [2, 3], "{wire:?}");
            assert_eq!(*seen.lock().unwrap(), ["connected", "disconnected", "connected"]);
            assert_eq!(lab.drive(all.fetch()).await.len(), 1, "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn of_two_that_claim_one_session_the_latter_has_it_and_the_former_stays_away() {
    let lab = lab(0).await?;
    let (first, second) = (lab.visitor().open().await?, lab.visitor().open().await?);
    first.send_raw(text("0"));
    let reply = next_text(&first).await;
    let session: Value = serde_json::from_str(&reply[1..])?;
    second.send_raw(text(format!("0{}", json!({ "pid": session["pid"] }))));
    assert_eq!(next_text(&second).await, reply);
    // To its client the server has ended the session, and it does not come back by itself.
    assert_eq!(next_text(&first).await, "1");
    assert!(!first.is_connected());
    assert_eq!(lab.drive(lab.salon().namespace("/").fetch()).await.len(), 1);
    second.expect_none().await;
}

#[test]
fn one_that_has_had_nothing_yet_gets_what_came_since_it_was_there() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed).await?;
            let all = lab.salon().namespace("/");
            all.emit_named("news", (0,));
            let client = lab.connect_over(wire, ()).await?;
            let id = client.id();
            client.reset();
            lab.settle().await;
            all.emit_named("news", (1,));
            client.reconnect().await?;
            assert_eq!(client.id(), id, "{wire:?}");
            assert_eq!(news(&client).await, [1], "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn one_that_is_sent_little_is_recovered_however_much_others_are_sent() {
    let lab = lab(0).await?;
    let all = lab.salon().namespace("/");
    for has_had_something in [false, true] {
        let client = lab.connect(()).await?;
        let id = client.id().ok_or("no id")?;
        if has_had_something {
            all.clone().to(id.clone()).emit_named("news", (1,));
            client.expect_named("news").await;
        }
        client.reset();
        lab.settle().await;
        for number in 0..50 {
            all.clone().to("blue").emit_named("news", (number,));
            lab.salon().namespace("/other").emit_named("news", (number,));
        }
        client.reconnect().await?;
        assert_eq!(client.id(), Some(id.clone()));
        client.expect_none().await;
        // What is gone and was for it cannot be had.
        client.reset();
        lab.settle().await;
        all.clone().to(id.clone()).emit_named("news", (2,));
        for number in 0..50 {
            all.clone().to("blue").emit_named("news", (number,));
        }
        client.reconnect().await?;
        assert_ne!(client.id(), Some(id));
        client.expect_none().await;
    }
}

#[salon::test]
async fn a_text_at_the_end_of_what_has_no_offset_is_not_taken_for_one() {
    for wire in Wire::ALL {
        let lab = lab(0).await?;
        let all = lab.salon().namespace("/");
        let client = lab.connect_over(wire, ()).await?;
        let id = client.id().ok_or("no id")?;
        all.emit_named("news", (1,));
        let offset = client.expect_named("news").await.json()[1].clone();
        for words in ["1", "hello", "", offset.as_str().ok_or("an offset is a text")?] {
            let volatile = all.clone().to(id.clone()).volatile();
            lab.settle().await;
            volatile.emit_named("words", (words,));
            assert_eq!(client.expect_named("words").await.json(), [json!(words), Value::Null]);
        }
        all.clone().volatile().emit_named("words", ("a text", 7));
        assert_eq!(client.expect_named("words").await.json(), [json!("a text"), json!(7)]);
        client.reset();
        lab.settle().await;
        all.emit_named("news", (2,));
        client.reconnect().await?;
        assert_eq!(client.id(), Some(id), "{wire:?}");
        assert_eq!(news(&client).await, [2], "{wire:?}");
    }
}

#[test]
fn what_several_workers_send_at_once_comes_to_each_client_in_the_order_of_its_offsets() {
    const SAID: usize = 20;
    for_seeds(0..60, async |seed| {
        let builder = Salon::builder().on("speak", |socket, _| {
            let socket = socket.clone();
            actix_web::rt::spawn(async move {
                for number in 0..SAID {
                    socket.everyone().emit_named("news", (number,));
                    for other in socket.everyone().fetch().await {
                        other.emit_named("news", (number,));
                    }
                    socket.everyone().to("red").emit_named("news", (number,));
                    tokio::task::yield_now().await;
                }
            });
        });
        let builder = builder.connected(|socket| socket.join("red").expect("it may"));
        let lab = Lab::builder(builder.recovery(MINUTE).build()?).workers(2).seed(seed);
        let lab = lab.start().await;
        let mut clients = Vec::new();
        for worker in [0, 1, 0, 1] {
            clients.push(lab.visitor().worker(worker).connect().await?);
        }
        clients.iter().take(3).for_each(|client| client.emit_named("speak", ()));
        lab.settle().await;
        for client in &clients {
            let events = client.events().await;
            let number = |event: &salon::testing::Incoming| {
                let offset = event.json()[1].as_str()?.rsplit_once('-')?.1.parse::<u64>();
                offset.ok()
            };
            let numbers: Vec<_> = events.iter().map(number).collect();
            assert_eq!(numbers.len(), 3 * 3 * SAID);
            assert!(numbers.is_sorted() && numbers[0].is_some(), "{numbers:?}");
        }
        Ok(())
    });
}

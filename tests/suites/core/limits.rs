//! What a client may grow, and what happens at the limit.

use salon::{Count, Salon, prelude::*};
use salon_tests::{
    Result,
    in_process::InProcess,
    socket_io::{Client, Packet},
    websocket::{Incoming, WebSocket},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::table::{guest, salon_with};

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_connection_and_harms_nobody() -> Result<()> {
    let salon = salon_with(|builder| builder.limits(|limits| limits.max_outbox_bytes = 200_000));
    let server = InProcess::start(&salon, 2)?;
    let mut reader = Client::connect(server.address(), guest("reader")).await?;
    let mut sleeper = Client::connect(server.address(), guest("sleeper")).await?;
    reader.ask("table:sit", json!({ "table": 1 })).await?;
    sleeper.ask("table:sit", json!({ "table": 1 })).await?;
    let text = "x".repeat(50_000);
    let mut said = 0;
    // The kernel's buffers take some megabytes before the outbox feels it.
    while salon.counters().get(Count::OutboxOverflows) == 0 {
        let answer = reader.ask("table:say", json!({ "table": 1, "text": text })).await?;
        said += 1;
        assert_eq!(answer, [json!(said)]);
        assert!(said < 2_000, "the sleeper was never closed");
    }
    assert_eq!(reader.expect("table:left").await?, [json!({ "name": "sleeper" })]);
    Ok(())
}

#[tokio::test]
async fn the_namespaces_of_a_connection_are_limited() -> Result<()> {
    let salon = salon_with(|builder| builder.limits(|limits| limits.max_namespaces = 3));
    let server = InProcess::start(&salon, 1)?;
    let target = "/socket.io/?EIO=4&transport=websocket";
    let mut socket = WebSocket::open(server.address(), target).await?;
    for hall in 1..=4 {
        socket.send(&format!("40/hall-{hall},")).await?;
    }
    let refused = loop {
        match socket.receive().await? {
            Incoming::Text(text) if text.starts_with("44") => break text,
            Incoming::Text(_) => {}
            other => panic!("the fourth namespace was not refused: {other:?}"),
        }
    };
    assert!(refused.starts_with("44/hall-4,"), "{refused}");
    assert!(refused.contains(r#""code":"limit_exceeded""#), "{refused}");
    Ok(())
}

/// Held by the test: each event waits for a permit of it.
#[derive(Clone)]
struct Gate(std::sync::Arc<Semaphore>);

#[derive(Deserialize, Event)]
#[event("wait", reply = u64)]
struct Wait(u64);

struct Waiting;

impl Session for Waiting {
    type Identity = ();
    type Events = (Later<Wait>,);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Wait> for Waiting {
    fn on_later(&mut self, Wait(number): Wait, cx: &mut SessionContext<Self>) -> Answer<u64> {
        let gate = cx.data::<Gate>().cloned();
        Answer::later(async move {
            gate?.0.acquire().await.map_err(Refusal::internal)?.forget();
            Ok(number)
        })
    }
}

#[tokio::test]
async fn beyond_the_events_in_flight_the_next_ones_wait_and_none_is_lost() -> Result<()> {
    let gate = Gate(std::sync::Arc::new(Semaphore::new(0)));
    let salon = Salon::builder()
        .session::<Waiting>()
        .data(gate.clone())
        .limits(|limits| limits.max_events_in_flight = 4)
        .build()?;
    let server = InProcess::start(&salon, 1)?;
    let mut client = Client::connect(server.address(), json!({})).await?;
    for number in 0..50 {
        client.start_asking("wait", json!(number)).await?;
    }
    let mut answers = Vec::new();
    for answered in 1..=50 {
        gate.0.add_permits(1);
        // Futures of several events end in any order.
        if let Packet::Ack(_, answer) = client.next().await? {
            answers.push(answer[0].as_u64().ok_or("a number")?);
        }
        let received = salon.counters().get(Count::EventsReceived);
        assert!(received <= answered + 4, "{received} events, {answered} of them answered");
    }
    answers.sort_unstable();
    assert_eq!(answers, Vec::from_iter(0..50));
    Ok(())
}

#[tokio::test]
async fn typed_rooms_of_a_session_are_limited_and_so_are_their_names() -> Result<()> {
    let salon = salon_with(|builder| {
        builder.limits(|limits| {
            limits.max_rooms = 2;
            limits.max_name = 12;
        })
    });
    let server = InProcess::start(&salon, 1)?;
    let mut client = Client::connect(server.address(), guest("ada")).await?;
    let code = |answer: Vec<Value>| answer[0]["error"]["code"].clone();
    for table in 1..=2 {
        client.ask("table:sit", json!({ "table": table })).await?;
    }
    let third = client.ask("table:sit", json!({ "table": 3 })).await?;
    assert_eq!(code(third), "limit_exceeded");
    client.ask("table:stand", json!({ "table": 1 })).await?;
    let third = client.ask("table:sit", json!({ "table": 3 })).await?;
    assert_eq!(third, [json!(["ada"])], "a place is free again");
    let long = client.ask("table:sit", json!({ "table": 10_000_000_u64 })).await?;
    assert_eq!(code(long), "limit_exceeded", "table:10000000 has 14 bytes");
    Ok(())
}

#[tokio::test]
async fn leaving_a_namespace_and_coming_back_fills_no_rate() -> Result<()> {
    let server = InProcess::start(&salon_with(|builder| builder), 1)?;
    let mut client = Client::connect(server.address(), guest("ada")).await?;
    for _ in 0..2 {
        assert_eq!(client.ask("limited", Value::Null).await?, Vec::<Value>::new());
    }
    client.send("41").await?;
    client.send(&format!("40{}", guest("ada"))).await?;
    assert!(matches!(client.next().await?, Packet::Connected(_)));
    let answer = client.ask("limited", Value::Null).await?;
    assert_eq!(answer[0]["error"]["code"], "rate_limited");
    Ok(())
}

#[tokio::test]
async fn untyped_rooms_of_a_session_are_limited() -> Result<()> {
    let salon = Salon::builder()
        .limits(|limits| limits.max_rooms = 2)
        .on("join", |socket, event| {
            let room: String = event.arguments.get(0).unwrap_or_default();
            let joined = socket.join(room).map_err(|refusal| refusal.code().to_string());
            let _ = event.acknowledge((joined.err(),));
        })
        .build()?;
    let server = InProcess::start(&salon, 1)?;
    let mut client = Client::connect(server.address(), json!({})).await?;
    for (room, error) in [("a", Value::Null), ("b", Value::Null), ("a", Value::Null)] {
        assert_eq!(client.ask("join", json!(room)).await?, [error], "for {room}");
    }
    assert_eq!(client.ask("join", json!("c")).await?, [json!("limit_exceeded")]);
    Ok(())
}

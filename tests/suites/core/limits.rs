//! What a client may grow, and what happens at the limit.
//!
//! It must never be the limit of the harness that is met: a line holds less than the limit tested.

use std::time::Duration;

use salon::{
    Application, Code, Count, RawConnection, Salon,
    prelude::*,
    testing::{ConnectError, Entry, Failure, Happened, Lab, Traffic, Wire},
    wire::engine_io::Message,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::table::{
    Left, Limited, Say, Sit, Stand, code, come, guest, next_text, salon_with, text,
};

const SECOND: Duration = Duration::from_secs(1);

/// Sends back what comes.
struct Echo;

impl Application for Echo {
    fn received(&self, connection: &RawConnection, message: Message) {
        // A connection that has ended needs no answer.
        let _ = connection.send(message);
    }
}

/// An app whose clients may leave so much unread.
fn small_outboxes() -> Salon {
    salon_with(|builder| builder.limits(|limits| limits.max_outbox_bytes = 200_000))
}

both_ways! {
    crate::limits::small_outboxes(),
    0..3,
    a_client_that_does_not_read_loses_its_connection_and_harms_nobody
}

async fn a_client_that_does_not_read_loses_its_connection_and_harms_nobody(
    lab: &Lab,
) -> Result<(), Failure> {
    let (reader, sleeper) = (come(lab, "reader").await?, come(lab, "sleeper").await?);
    reader.send(Sit { table: 1 }).await?;
    sleeper.send(Sit { table: 1 }).await?;
    sleeper.stop_reading();
    let text = "x".repeat(50_000);
    let mut said = 0;
    // Behind a real port the kernel's buffers take some megabytes before the outbox feels it.
    while lab.counters().get(Count::OutboxOverflows) == 0 {
        said += 1;
        assert_eq!(reader.send(Say { table: 1, text: text.clone() }).await?, said);
        assert!(said < 2_000, "the sleeper was never closed");
    }
    assert_eq!(reader.expect::<Left>().await, Left { name: "sleeper".to_owned() });
    Ok(())
}

#[salon::test]
async fn one_connection_too_many_is_refused_until_another_has_gone() {
    let lab = Lab::new(salon_with(|builder| builder.limits(|limits| limits.max_connections = 2)));
    let lab = lab.await;
    // Nobody of these two comes without saying who it is.
    let identified = [Wire::EventStream, Wire::PlainPolling];
    for wire in Wire::ALL.into_iter().filter(|wire| !identified.contains(wire)) {
        let (first, second) = (lab.visitor().open().await?, lab.visitor().open().await?);
        match lab.visitor().wire(wire).open().await {
            Err(ConnectError::Rejected { status: 503, .. }) => {}
            third => panic!("a third client over {wire:?}: {third:?}"),
        }
        drop(first);
        lab.settle().await;
        let third = lab.visitor().wire(wire).open().await?;
        third.close();
        drop((second, third));
        lab.advance(Duration::from_secs(60)).await;
    }
}

#[salon::test]
async fn an_outbox_holds_what_its_limit_says_and_not_one_event_more() {
    let lab = Lab::builder(small_outboxes()).window(1).start().await;
    let (reader, sleeper) = (come(&lab, "reader").await?, come(&lab, "sleeper").await?);
    reader.send(Sit { table: 1 }).await?;
    sleeper.send(Sit { table: 1 }).await?;
    sleeper.stop_reading();
    let say = || Say { table: 1, text: "x".repeat(49_000) };
    // Of six the line holds one, one waits to be put into it, and four fit the outbox.
    for _ in 0..6 {
        reader.send(say()).await?;
        reader.expect_none_of::<Left>().await;
    }
    reader.send(say()).await?;
    assert_eq!(reader.expect::<Left>().await, Left { name: "sleeper".to_owned() });
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 1);
}

#[salon::test]
async fn the_namespaces_of_a_connection_are_limited() {
    let salon = salon_with(|builder| builder.limits(|limits| limits.max_namespaces = 3));
    let lab = Lab::new(salon).await;
    let client = lab.visitor().open().await?;
    for hall in 1..=3 {
        client.send_raw(text(format!("0/hall-{hall},")));
        let connected = next_text(&client).await;
        assert!(connected.starts_with(&format!(r#"0/hall-{hall},{{"sid":"#)), "{connected}");
        let welcome = format!(r#"2/hall-{hall},["welcome","/hall-{hall}"]"#);
        assert_eq!(next_text(&client).await, welcome);
    }
    client.send_raw(text("0/hall-4,"));
    let refused = next_text(&client).await;
    assert!(refused.starts_with("4/hall-4,"), "{refused}");
    assert!(refused.contains(r#""code":"limit_exceeded""#), "{refused}");
}

/// Held by the test: each event waits for a permit of it.
#[derive(Clone)]
struct Gate(std::sync::Arc<Semaphore>);

#[derive(Serialize, Deserialize, Event)]
#[event("wait", reply = u64)]
struct Wait(u64);

struct Waiting;

impl Session for Waiting {
    type Identity = ();
    type Events = (Later<Wait>,);
    type Sends = ();

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

#[salon::test]
async fn beyond_the_events_in_flight_the_next_ones_wait_and_none_is_lost() {
    let gate = Gate(std::sync::Arc::new(Semaphore::new(0)));
    let salon = Salon::builder()
        .session::<Waiting>()
        .data(gate.clone())
        .limits(|limits| limits.max_events_in_flight = 4)
        .build()?;
    let lab = Lab::new(salon).await;
    let client = lab.connect(()).await?;
    let waiting: Vec<_> = (0..50).map(|number| client.send(Wait(number))).collect();
    let acknowledged = || {
        let transcript = client.transcript();
        let is_answer =
            |entry: &&Entry| matches!(entry.what, Happened::Came(Traffic::Acknowledgement { .. }));
        transcript.entries().iter().filter(is_answer).count() as u64
    };
    for answered in 0..=50 {
        lab.settle().await;
        assert_eq!(acknowledged(), answered);
        assert_eq!(lab.counters().get(Count::EventsReceived), 50.min(answered + 4));
        gate.0.add_permits(1);
    }
    for (number, waited) in (0..).zip(waiting) {
        assert_eq!(waited.await?, number);
    }
}

#[salon::test]
async fn typed_rooms_of_a_session_are_limited_and_so_are_their_names() {
    let salon = salon_with(|builder| {
        builder.limits(|limits| {
            limits.max_rooms = 2;
            limits.max_name = 12;
        })
    });
    let lab = Lab::new(salon).await;
    let client = come(&lab, "ada").await?;
    for table in 1..=2 {
        client.send(Sit { table }).await?;
    }
    assert_eq!(code(client.send(Sit { table: 3 }).await), Code::LimitExceeded);
    client.send(Stand { table: 1 }).await?;
    assert_eq!(client.send(Sit { table: 3 }).await?, ["ada"], "a place is free again");
    client.send(Stand { table: 3 }).await?;
    let longest = client.send(Sit { table: 999_999 }).await?;
    assert_eq!(longest, ["ada"], "table:999999 has 12 bytes");
    client.send(Stand { table: 999_999 }).await?;
    let long = client.send(Sit { table: 1_000_000 }).await;
    assert_eq!(code(long), Code::LimitExceeded, "table:1000000 has 13 bytes");
}

#[salon::test]
async fn leaving_a_namespace_and_coming_back_fills_no_rate() {
    let lab = Lab::new(salon_with(|builder| builder)).await;
    let client = lab.visitor().open().await?;
    let connect = format!("0{}", guest("ada"));
    client.send_raw(text(&connect));
    assert!(next_text(&client).await.starts_with("0{"));
    for id in 0..2 {
        client.send_raw(text(format!(r#"2{id}["limited"]"#)));
        assert_eq!(next_text(&client).await, format!("3{id}[]"));
    }
    client.send_raw(text("1"));
    client.send_raw(text(&connect));
    assert!(next_text(&client).await.starts_with("0{"));
    client.send_raw(text(r#"22["limited"]"#));
    let refused = next_text(&client).await;
    assert!(refused.starts_with(r#"32[{"error":{"code":"rate_limited""#), "{refused}");
    // A connection of its own has a rate of its own.
    come(&lab, "ada").await?.send(Limited).await?;
}

#[salon::test]
async fn untyped_rooms_of_a_session_are_limited() {
    let salon = Salon::builder()
        .limits(|limits| (limits.max_rooms, limits.max_name) = (2, 8))
        .on("join", |socket, event| {
            let room: String = event.payload.get(0).unwrap_or_default();
            let joined = socket.join(room).map_err(|refusal| refusal.code().to_string());
            let _ = event.acknowledge((joined.err(),));
        })
        .build()?;
    let lab = Lab::new(salon).await;
    let client = lab.connect(()).await?;
    let (joined, refused) = (Value::Null, json!("limit_exceeded"));
    for (room, error) in [
        ("nine char", &refused),
        ("eight ch", &joined),
        ("b", &joined),
        ("eight ch", &joined),
        ("c", &refused),
    ] {
        assert_eq!(client.call::<Value>("join", (room,)).await?, *error, "for {room}");
    }
}

#[salon::test]
async fn a_client_that_reads_its_echoes_may_send_without_waiting_for_them() {
    const COUNT: usize = 200;
    for wire in Wire::SOCKET_IO {
        for (length, bytes) in [(64_000, 1 << 20), (10, 20_000), (150_000, 200_000)] {
            let salon = Salon::builder()
                .application(Echo)
                .limits(|limits| limits.max_outbox_bytes = bytes)
                .build()?;
            let lab = Lab::builder(salon).workers(2).start().await;
            let client = lab.visitor().wire(wire).open().await?;
            // Has the move to WebSocket done, if there is one.
            lab.advance(SECOND).await;
            let said = "x".repeat(length);
            for number in 0..COUNT {
                client.send_raw(text(format!("{number} {said}")));
            }
            for number in 0..COUNT {
                let echo = next_text(&client).await;
                assert!(echo == format!("{number} {said}"), "{number} over {wire:?}");
            }
        }
    }
}

#[salon::test]
async fn a_client_that_posts_all_it_has_gathered_holds_up_nobody_and_is_answered() {
    const COUNT: u64 = 5_000;
    let salon = salon_with(|builder| builder);
    let lab = Lab::new(salon).await;
    let other = come(&lab, "other").await?;
    let client = lab.visitor().wire(Wire::Polling).auth(guest("many")).connect().await?;
    let before = lab.counters().get(Count::EventsReceived);
    let all: Vec<_> = (0..COUNT).map(|_| client.send(Stand { table: 1 })).collect();
    let answered = other.send(Sit { table: 2 }).await?;
    assert_eq!(answered, ["other"]);
    let received = lab.counters().get(Count::EventsReceived) - before;
    assert!(received < COUNT / 2, "{received} were handled first");
    for answer in all {
        assert!(answer.await.is_err(), "it sits at no table");
    }
    assert_eq!(lab.counters().get(Count::EventsReceived) - before, COUNT + 1);
    assert!(client.is_connected());
}

/// An `auth` object of so many bytes.
fn long_auth(bytes: usize) -> Value {
    let short = guest("").to_string().len();
    guest(&"x".repeat(bytes - short))
}

#[salon::test]
async fn what_a_client_says_of_itself_is_limited_in_each_namespace_and_when_it_is_refreshed() {
    for wire in Wire::SOCKET_IO {
        let salon = salon_with(|builder| builder.limits(|limits| limits.max_auth_bytes = 500));
        let lab = Lab::new(salon).await;
        match lab.visitor().wire(wire).auth(long_auth(501)).connect().await {
            Err(ConnectError::Refused(refusal)) => {
                assert_eq!(*refusal.code(), Code::LimitExceeded, "{wire:?}");
                assert_eq!(refusal.message(), "the auth object has more than 500 bytes");
            }
            other => panic!("over {wire:?}: {other:?}"),
        }
        let client = lab.visitor().wire(wire).auth(long_auth(500)).connect().await?;
        let refresh = |bytes| client.call::<Value>("salon:refresh", (long_auth(bytes),));
        assert_eq!(code(refresh(500).await), Code::Forbidden, "it has no subject");
        assert_eq!(code(refresh(501).await), Code::LimitExceeded, "{wire:?}");
        assert_eq!(client.send(Sit { table: 1 }).await?.len(), 1, "and it goes on");
        let client = lab.visitor().wire(wire).open().await?;
        client.send_raw(text(format!("0/hall-1,{}", long_auth(501))));
        let refused = next_text(&client).await;
        assert!(refused.starts_with("4/hall-1,"), "{refused}");
        assert!(refused.contains(r#""code":"limit_exceeded""#), "{refused}");
    }
}

#[salon::test]
async fn the_head_of_a_request_is_limited_whatever_it_is_long_by() {
    let salon = || {
        salon_with(|builder| {
            builder.limits(|limits| {
                limits.max_handshake_bytes = 2_000;
                limits.max_payload = 1_000_000;
            })
        })
    };
    let long = "x".repeat(2_000);
    for wire in Wire::ALL {
        let lab = Lab::new(salon()).await;
        let visitor = || lab.visitor().wire(wire).auth(guest("ada"));
        for visitor in [
            visitor().header("cookie", &long),
            visitor().header("x-custom", &long),
            visitor().header(&long, "x"),
            visitor().query("q", &long),
            visitor().query(&long, ""),
            visitor().query("q", &"%41".repeat(700)),
        ] {
            match visitor.connect().await {
                Err(ConnectError::Rejected { status: 431, body }) => {
                    assert!(body.contains("have more than 2000 bytes"), "{body}");
                }
                other => panic!("over {wire:?}: {other:?}"),
            }
        }
        visitor().header("cookie", &long[..1_000]).connect().await?;
        assert_eq!(lab.counters().get(Count::ConnectionsOpened), 1);
    }
}

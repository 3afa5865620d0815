//! Clients that come back whatever has happened to their old connection, and whatever they were sent.
//!
//! It must never know more of a session than a client is told.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use salon::{
    Namespace, NotQueued, Socket,
    prelude::*,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use salon_tests::{
    in_process::InProcess,
    socket_io::{self, Packet},
    websocket::{Incoming, WebSocket},
};
use serde_json::{Value, json};

use crate::{
    owners::{by_header, visitor},
    table::{ByName, Guest, guest, next_text, text},
};

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
        for wire in Wire::SOCKET_IO {
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

/// Who somebody is: the principal of the request, and the subject that the authenticator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claims(&'static str, &'static str, &'static str);

#[salon::test]
async fn whoever_claims_a_session_of_another_neither_has_it_nor_ends_it() {
    let by_name = salon_tests::guests::ByName::default;
    let other = Namespace::new("/other").authenticate(by_name());
    let builder = Salon::builder().authenticate(by_name()).namespace(other);
    let lab = Lab::new(builder.allow_request(by_header).recovery(MINUTE).build()?).await;
    let claim = async |Claims(namespace, user, name): Claims, pid: &Value| {
        let client = visitor(&lab, Some(user)).open().await?;
        let begin = if namespace == "/" { "0".to_owned() } else { format!("0{namespace},") };
        client.send_raw(text(format!("{begin}{}", json!({ "name": name, "pid": pid }))));
        let reply = next_text(&client).await;
        let reply = reply.strip_prefix(begin.as_str()).ok_or(format!("refused: {reply}"))?;
        Ok::<(Client, Value), Failure>((client, serde_json::from_str(reply)?))
    };
    let hers = Claims("/", "ada", "ada");
    let (client, session) = claim(hers, &Value::Null).await?;
    let theirs =
        [Claims("/other", "ada", "ada"), Claims("/", "ben", "ada"), Claims("/", "ada", "ben")];
    let mut others = Vec::new();
    for theirs in theirs {
        let (other, got) = claim(theirs, &session["pid"]).await?;
        assert_ne!(got["sid"], session["sid"], "{theirs:?}");
        assert!(client.is_connected(), "{theirs:?}");
        others.push(other);
    }
    let (_back, got) = claim(hers, &session["pid"]).await?;
    assert_eq!(got, session);
    assert_eq!(next_text(&client).await, "1");
}

#[test]
fn one_that_has_had_nothing_yet_gets_what_came_since_it_was_there() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::SOCKET_IO {
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
    for wire in Wire::SOCKET_IO {
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
        // Nor is its name, where nothing follows.
        lab.settle().await;
        all.clone().volatile().emit_named("words", ());
        assert_eq!(client.expect_named("words").await.json(), [Value::Null]);
        lab.settle().await;
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

#[derive(Serialize, Deserialize, Event)]
#[event("murmur:come", room = Murmur(0), join)]
struct Come(u32);

/// Ends with a text, and has no number.
#[derive(Serialize, Deserialize, Event)]
#[event("murmur:heard")]
struct Heard(u32, String);

struct Murmur;

impl Room for Murmur {
    const NAME: &'static str = "murmur";
    const SEQUENCED: bool = false;
    type Key = u32;
    type Identity = Guest;
    type Events = (Come,);
    type Sends = (Heard,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Come> for Murmur {
    fn on(&mut self, _: Come, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Heard(1, "come".to_owned()));
        Ok(())
    }
}

#[salon::test]
async fn nor_is_one_at_the_end_of_what_a_room_without_numbers_says() {
    let builder = Salon::builder().authenticate(ByName).room::<Murmur>().recovery(MINUTE);
    let lab = Lab::new(builder.build()?).await;
    let client = lab.visitor().auth(guest("ada")).connect().await?;
    let id = client.id();
    client.send(Come(1)).await?;
    let heard = client.expect_named("murmur:heard").await.json();
    assert_eq!(heard, [json!(1), json!("come"), Value::Null]);
    client.reset();
    lab.settle().await;
    client.reconnect().await?;
    assert_eq!(client.id(), id);
}

#[test]
fn what_is_sent_by_a_handle_from_before_the_return_comes_once() {
    for_seeds(0..10, async |seed| {
        let first = Arc::<Mutex<Option<Socket>>>::default();
        let keep = first.clone();
        let builder = Salon::builder().connected(move |socket| {
            keep.lock().expect("nothing panics under it").get_or_insert_with(|| socket.clone());
        });
        let lab = Lab::builder(builder.recovery(MINUTE).build()?).workers(2).seed(seed);
        let lab = lab.start().await;
        let client = lab.connect(()).await?;
        let socket = first.lock().expect("nothing panics under it").clone().ok_or("no socket")?;
        client.reset();
        lab.settle().await;
        for number in [1, 2] {
            assert_eq!(socket.try_emit_named("news", (number,)), Ok(()));
            client.reconnect().await?;
            assert_eq!(news(&client).await, [number], "while it was away");
            assert_eq!(socket.try_emit_named("news", (number + 2,)), Ok(()));
            assert_eq!(news(&client).await, [number + 2], "while it is there");
            client.reset();
            lab.settle().await;
        }
        client.reconnect().await?;
        client.disconnect();
        lab.settle().await;
        assert_eq!(socket.try_emit_named("news", (0,)), Err(NotQueued::Closed), "it has left");
        Ok(())
    });
}

/// The events and answers that a client gets, by their kind.
async fn kinds(client: &mut socket_io::Client, count: usize) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for _ in 0..count {
        kinds.push(match client.next().await.expect("it is there") {
            Packet::Event(..) => "event",
            Packet::Ack(..) => "answer",
            other => panic!("neither: {other:?}"),
        });
    }
    kinds
}

#[actix_web::test]
async fn an_answer_does_not_overtake_what_the_same_thread_emitted_before() {
    let builder = Salon::builder().on("go", |socket, event| {
        let socket = socket.clone();
        std::thread::spawn(move || {
            socket.emit_named("first", (1,));
            let _ = event.acknowledge((2,));
        });
    });
    let salon = builder.recovery(MINUTE).build().expect("it is in order");
    let server = InProcess::start(&salon, 1).expect("it starts");
    let client = socket_io::Client::connect(server.address(), json!({})).await;
    let mut client = client.expect("it connects");
    for _ in 0..100 {
        client.start_asking("go", json!(0)).await.expect("it is sent");
        assert_eq!(kinds(&mut client, 2).await, ["event", "answer"]);
    }
}

#[actix_web::test]
async fn whoever_has_a_session_again_begins_when_the_code_of_its_end_is_done() {
    let seen = Seen::default();
    let (come, gone) = (seen.clone(), seen.clone());
    let builder = Salon::builder()
        .connected(move |_| come.lock().expect("no panic").push("connected"))
        .disconnected(move |_, _| {
            std::thread::sleep(Duration::from_millis(30));
            gone.lock().expect("no panic").push("disconnected");
        });
    let salon = builder.recovery(MINUTE).build().expect("it is in order");
    let server = InProcess::start(&salon, 2).expect("it starts");
    let mut listener = Listener { address: server.address(), claim: json!({}), heard: 0 };
    // Each on another worker than the one before, as actix-web has it.
    for _ in 0..10 {
        listener.hear(0, u64::MAX).await.expect("it is given its session");
    }
    let seen = seen.lock().expect("no panic").clone();
    for pair in seen.windows(2) {
        assert_ne!(pair[0], pair[1], "{seen:?}");
    }
}

/// The number in an event's offset.
fn number(arguments: &[Value]) -> Option<u64> {
    arguments.last()?.as_str()?.rsplit_once('-')?.1.parse().ok()
}

#[actix_web::test]
async fn what_several_threads_send_at_once_comes_to_each_client_in_the_order_of_its_offsets() {
    const THREADS: usize = 4;
    const SAID: usize = 400;
    let salon = Salon::builder().recovery(MINUTE).build().expect("it is in order");
    let server = InProcess::start(&salon, 2).expect("it starts");
    let mut clients = Vec::new();
    for _ in 0..THREADS {
        let client = socket_io::Client::connect(server.address(), json!({})).await;
        clients.push(client.expect("it connects"));
    }
    let speaking: Vec<_> = (0..THREADS)
        .map(|_| {
            let all = salon.namespace("/");
            std::thread::spawn(move || (0..SAID).for_each(|said| all.emit_named("news", (said,))))
        })
        .collect();
    for client in &mut clients {
        let mut last = None;
        for _ in 0..THREADS * SAID {
            let event = client.next().await.expect("it is there");
            let Packet::Event(_, arguments, None) = event else { panic!("no news: {event:?}") };
            let next = number(&arguments);
            assert!(next > last, "{next:?} came behind {last:?}");
            last = next;
        }
    }
    speaking.into_iter().for_each(|thread| thread.join().expect("it has said all"));
}

/// A client that hears numbers, one after the other, and is cut off again and again.
struct Listener {
    address: SocketAddr,
    /// What it is connected as, and the offset of the last that it heard.
    claim: Value,
    heard: u64,
}

impl Listener {
    /// Comes back, and leaves without a word once it has heard so many more.
    async fn hear(&mut self, more: u64, last: u64) -> salon_tests::Result<()> {
        let target = "/socket.io/?EIO=4&transport=websocket";
        let mut socket = WebSocket::open(self.address, target).await?;
        socket.send(&format!("40{}", self.claim)).await?;
        let (until, mut is_connected) = (self.heard.saturating_add(more).min(last), false);
        while self.heard < until || !is_connected {
            let Incoming::Text(text) = socket.receive().await? else {
                return Err("it ends".into());
            };
            if let Some(connected) = text.strip_prefix("40") {
                let connected: Value = serde_json::from_str(connected)?;
                assert!(self.claim["pid"].is_null() || self.claim["pid"] == connected["pid"]);
                self.claim["pid"] = connected["pid"].clone();
                is_connected = true;
            } else if let Some(news) = text.strip_prefix(r#"42["news","#) {
                let news: (u64, String) = serde_json::from_str(&format!("[{news}"))?;
                assert_eq!(news.0, self.heard + 1, "each of them comes once, in order");
                (self.heard, self.claim["offset"]) = (news.0, news.1.into());
            }
        }
        Ok(())
    }
}

#[actix_web::test]
async fn of_what_is_said_while_a_client_is_cut_off_a_thousand_times_it_hears_each_once() {
    let salon = Salon::builder().recovery(MINUTE).build().expect("it is in order");
    let server = InProcess::start(&salon, 2).expect("it starts");
    let mut listener = Listener { address: server.address(), claim: json!({}), heard: 0 };
    listener.hear(0, u64::MAX).await.expect("it connects");
    let (all, is_over) = (salon.namespace("/"), Arc::new(AtomicBool::new(false)));
    let is_enough = is_over.clone();
    let speaking = std::thread::spawn(move || {
        let mut said = 0;
        while !is_enough.load(Ordering::Relaxed) {
            said += 1;
            all.emit_named("news", (said,));
            if said % 4 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        said
    });
    for cut in 0..1_000 {
        listener.hear(1 + cut % 7, u64::MAX).await.expect("it comes back");
    }
    is_over.store(true, Ordering::Relaxed);
    let said = speaking.join().expect("it has said all");
    listener.hear(u64::MAX, said).await.expect("it comes back");
    assert_eq!(listener.heard, said);
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
            let numbers: Vec<_> = events.iter().map(|event| number(&event.json())).collect();
            assert_eq!(numbers.len(), 3 * 3 * SAID);
            assert!(numbers.is_sorted() && numbers[0].is_some(), "{numbers:?}");
        }
        Ok(())
    });
}

//! What is no JSON ends the connection, whoever would have got it and whatever else is wrong with it;
//! JSON of another shape is a refusal.
//!
//! It must never depend on how an event is handled: each malformed one is tried on each way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use salon::{
    Count, IncomingEvent, Namespace, Salon,
    prelude::*,
    testing::{ConnectError, Lab, Wire},
    wire::engine_io::Message,
};

use crate::table::text;

/// Payload that are no JSON, some only behind what reads as the event's one argument.
const MALFORMED: [&str; 12] = [
    "",
    "{\"text\":",
    "{\"text\":\"a\"",
    "{\"text\":\"a\"}}",
    "{\"text\":\"a\"}]",
    "{\"text\":\"a\"},",
    "{\"text\":\"a\"},]",
    "{\"text\":\"a\"} 1",
    "{\"text\":\"\u{1}\"}",
    "{\"text\":1,}",
    "{\"text\":\"\\x\"}",
    "nul",
];

/// Every way that an event can take, and some that it cannot.
const EVENTS: [(&str, &str); 12] = [
    ("/", "note"),
    ("/", "later"),
    ("/", "seldom"),
    ("/", "bare"),
    ("/", "pair"),
    ("/", "entry"),
    ("/", "unknown"),
    ("/", "salon:refresh"),
    ("/", "disconnect"),
    ("/any", "anything"),
    ("/guarded", "note"),
    ("/guarded", "unknown"),
];

#[derive(Serialize, Deserialize, Event)]
#[event("note")]
struct Note {
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("later")]
struct Slow {
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("seldom", rate = "1/h")]
struct Seldom {
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("bare")]
struct Bare;

#[derive(Serialize, Deserialize, Event)]
#[event("pair")]
struct Pair(u8, u8);

#[derive(Serialize, Deserialize, Event)]
#[event("entry", room = Hall(text), join)]
struct Entry {
    text: String,
}

/// Counts what reaches a handler.
#[derive(Default)]
struct Reached(Arc<AtomicUsize>);

struct Desk(Arc<AtomicUsize>);

impl Session for Desk {
    type Identity = ();
    type Events = (Note, Later<Slow>, Seldom, Bare, Pair);
    type Sends = ();

    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self(client.data::<Reached>()?.0.clone()))
    }
}

impl Desk {
    fn reached(&self) -> Result<(), Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl On<Note> for Desk {
    fn on(&mut self, _: Note, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.reached()
    }
}

impl OnLater<Slow> for Desk {
    fn on_later(&mut self, _: Slow, _: &mut SessionContext<Self>) -> Answer<()> {
        let reached = self.reached();
        Answer::later(async move { reached })
    }
}

impl On<Seldom> for Desk {
    fn on(&mut self, _: Seldom, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.reached()
    }
}

impl On<Bare> for Desk {
    fn on(&mut self, _: Bare, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.reached()
    }
}

impl On<Pair> for Desk {
    fn on(&mut self, _: Pair, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        self.reached()
    }
}

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = String;
    type Identity = ();
    type Events = (Entry,);
    type Sends = ();

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Entry> for Hall {
    fn on(&mut self, _: Entry, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// A Salon with every way of an event, and how many have reached an end of it.
fn salon() -> (Salon, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let (untyped, guard) = (reached.clone(), reached.clone());
    let any = Namespace::new("/any").on_any(move |_, _| {
        untyped.fetch_add(1, Ordering::Relaxed);
    });
    let guarded =
        Namespace::new("/guarded").session::<Desk>().guard_events(move |_: IncomingEvent| {
            guard.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
    let builder = Salon::builder().session::<Desk>().room::<Hall>().namespace(any);
    let salon = builder.namespace(guarded).data(Reached(reached.clone())).build();
    (salon.expect("a Salon"), reached)
}

/// Sends a packet to a namespace, behind one that uses up what may be sent seldom, to a connection
/// of its own; how many packets were bad then, and how many events have come and reached something.
async fn send(namespace: &str, packet: &str) -> Result<(bool, [u64; 3]), ConnectError> {
    send_over(Wire::WebSocket, namespace, packet, &[]).await
}

/// The same over any wire, with attachments.
async fn send_over(
    wire: Wire,
    namespace: &str,
    packet: &str,
    attachments: &[&'static [u8]],
) -> Result<(bool, [u64; 3]), ConnectError> {
    let (app, reached) = salon();
    let lab = Lab::new(app).await;
    let client = lab.visitor().wire(wire).namespace(namespace).connect().await?;
    if packet.contains("\"seldom\"") {
        client.send_raw(text(r#"2["seldom",{"text":"the first"}]"#));
        lab.settle().await;
    }
    let before = lab.counters().get(Count::EventsReceived);
    let handled = reached.load(Ordering::Relaxed);
    client.send_raw(text(packet));
    attachments.iter().for_each(|bytes| client.send_raw(Message::Binary((*bytes).into())));
    lab.settle().await;
    let received = lab.counters().get(Count::EventsReceived) - before;
    let handled = reached.load(Ordering::Relaxed) - handled;
    let counts = [lab.counters().get(Count::BadPackets), received, handled as u64];
    Ok((client.is_connected(), counts))
}

#[salon::test]
async fn what_is_no_json_ends_the_connection_whatever_its_event() {
    for (namespace, event) in EVENTS {
        for arguments in MALFORMED {
            let address = if namespace == "/" { String::new() } else { format!("{namespace},") };
            let packet = format!("2{address}[\"{event}\",{arguments}]");
            assert_eq!(send(namespace, &packet).await?, (false, [1, 0, 0]), "{packet}");
        }
    }
}

#[salon::test]
async fn what_is_no_json_is_so_before_its_namespace_is_looked_for() {
    let (connected, [bad, ..]) = send("/", r#"2/any,["anything",{"text":]"#).await?;
    assert_eq!((connected, bad), (false, 1));
    // JSON for a namespace that the client is not in is no bad packet, and ends it as well.
    let (connected, [bad, ..]) = send("/", r#"2/any,["anything",{"text":1}]"#).await?;
    assert_eq!((connected, bad), (false, 0));
}

#[salon::test]
async fn json_of_another_shape_is_a_refusal() {
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    for arguments in
        ["{}", "7", "null", "{\"text\":7}", "{\"text\":1e999}", "{\"text\":\"\\ud800\"}", &deep]
    {
        for event in ["note", "later", "entry", "pair", "seldom"] {
            let packet = format!("2[\"{event}\",{arguments}]");
            assert_eq!(send("/", &packet).await?, (true, [0, 1, 0]), "{packet}");
        }
    }
}

#[salon::test]
async fn what_follows_the_one_argument_is_ignored_if_it_is_json() {
    for packet in [
        r#"2["note",{"text":"a"}]"#,
        r#"2["note",{"text":"a"},1,[{}]]"#,
        "2[\"note\",\n{\"text\":\"a\"}\n]",
        r#"2["bare",1]"#,
        r#"2["pair",1,2,3]"#,
        r#"2/any,["anything",1,2]"#,
    ] {
        let namespace = if packet.contains("/any") { "/any" } else { "/" };
        assert_eq!(send(namespace, packet).await?, (true, [0, 1, 1]), "{packet}");
    }
}

/// What `JSON.stringify` writes of a string that was cut within a pair of surrogates, and numbers
/// beyond all that 64 bits hold, each where it may stand.
const ODD: [&str; 8] = [
    r#"{"text":"\ud83d"}"#,
    r#"{"text":"a","more":"\ud83d"}"#,
    r#"{"text":"a","\udc00":1}"#,
    r#"{"text":"a","more":{"\ud83d":["\udc00"]}}"#,
    r#"{"text":"a","more":1e400}"#,
    r#"{"text":1e400}"#,
    r#""\ud83d""#,
    "-1e999",
];

#[salon::test]
async fn what_only_javascript_has_is_taken_with_attachments_as_it_is_without() {
    for wire in Wire::SOCKET_IO {
        for odd in ODD {
            for (namespace, event) in EVENTS {
                if event == "disconnect" || event == "salon:refresh" {
                    continue;
                }
                let address =
                    if namespace == "/" { String::new() } else { format!("{namespace},") };
                let plain = format!("2{address}[\"{event}\",{odd}]");
                let placeholder = r#"{"_placeholder":true,"num":0}"#;
                let binary = format!("51-{address}[\"{event}\",{odd},{placeholder}]");
                let expected = send_over(wire, namespace, &plain, &[]).await?;
                assert!(expected.0 && expected.1[..2] == [0, 1], "{plain}: {expected:?}");
                let found = send_over(wire, namespace, &binary, &[b"x"]).await?;
                assert_eq!(found, expected, "{binary}");
            }
        }
        for (packet, attachments) in [
            (r#"3/any,7["\ud83d",1e400]"#, &[][..]),
            (r#"61-/any,7["\ud83d",1e400,{"_placeholder":true,"num":0}]"#, &[&b"x"[..]]),
        ] {
            let answered = send_over(wire, "/any", packet, attachments).await?;
            assert_eq!(answered, (true, [0, 0, 0]), "{packet}");
        }
        for (packet, attachments) in [
            (r#"2/any,["a\ud83d"]"#, &[][..]),
            (r#"51-/any,["a\ud83d",{"_placeholder":true,"num":0}]"#, &[&b"x"[..]]),
        ] {
            let named = send_over(wire, "/any", packet, attachments).await?;
            assert_eq!(named, (true, [0, 1, 1]), "{packet}");
        }
    }
}

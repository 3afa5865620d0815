//! What an app hands over to be sent, and cannot be: names that clients take for something else,
//! values without a JSON form.
//!
//! It must never be silent: who sends is told, or the log and a counter are where nobody is.

use std::{collections::HashMap, time::Duration};

use salon::{
    AskError, Code, Count, Event, Namespace, NotQueued, Salon, Socket,
    expanded::{Policy, Shape, ToSession},
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
    wire::{msgpack::MsgpackParser, socket_io::JsonParser},
};
use salon::{IntoPayload, Payload, event::ReservedName};
use serde::Serializer;

const SECOND: Duration = Duration::from_secs(1);

const RESERVED: [&str; 9] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "salon:",
    "salon:evicted",
    "salon:refused",
];

/// An event whose name no derive would take.
#[derive(Serialize, Deserialize)]
struct Forged;

impl Event for Forged {
    type Static = Self;
    const NAME: &'static str = "disconnect";
    const SHAPE: Shape = Shape::Empty;
    const POLICY: Policy = Policy::new();
    type Reply = ();
    type Route = ToSession;
    type Guards = ();
}

/// An event with a map whose keys are no strings.
#[derive(Default, Serialize, Event)]
#[event("map", volatile)]
struct Map {
    of: HashMap<(u8, u8), u8>,
}

impl Map {
    fn broken() -> Self {
        Self { of: HashMap::from([((1, 2), 3)]) }
    }
}

/// A value that cannot be written, whoever asks.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is of no use"))
    }
}

/// An event that cannot be written.
#[derive(Serialize, Event)]
#[event("fails")]
struct Fails(Failing, u8);

/// Has the room send everything that it must not.
#[derive(Serialize, Deserialize, Event)]
#[event("misuse", room = Den(den), join)]
struct Misuse {
    den: u8,
}

/// Asks for a reply that cannot be written.
#[derive(Serialize, Deserialize, Event)]
#[event("fail", reply = Failing)]
struct Fail;

/// The same of a room.
#[derive(Serialize, Deserialize, Event)]
#[event("fail:there", room = Den(den), join, reply = Failing)]
struct FailThere {
    den: u8,
}

struct Desk;

impl Session for Desk {
    type Identity = ();
    type Events = (Fail,);
    type Sends = (Forged, Map);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Fail> for Desk {
    fn on(&mut self, _: Fail, cx: &mut SessionContext<Self>) -> Result<Failing, Refusal> {
        assert_eq!(cx.try_emit(&Map::broken()), Err(NotQueued::Unserializable));
        assert!(matches!(cx.try_emit(&Forged), Err(NotQueued::ReservedName(_))));
        Ok(Failing)
    }
}

struct Den;

impl Room for Den {
    const NAME: &'static str = "den";
    type Key = u8;
    type Identity = ();
    type Events = (Misuse, FailThere);
    type Sends = (Fails, Forged, Map);

    fn open(_: &u8, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Misuse> for Den {
    fn on(&mut self, _: Misuse, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender();
        cx.broadcast(&Forged);
        cx.to(sender).emit(&Forged);
        cx.except(sender).emit(&Forged);
        cx.broadcast(&Map::broken());
        cx.to(sender).emit(&Fails(Failing, 1));
        Ok(())
    }
}

impl On<FailThere> for Den {
    fn on(&mut self, _: FailThere, _: &mut EventContext<'_, Self>) -> Result<Failing, Refusal> {
        Ok(Failing)
    }
}

/// A lab for each wire and each parser, with one client and its socket.
async fn each(
    test: impl AsyncFn(&Lab, &Client, &Socket) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for wire in Wire::ALL {
        for msgpack in [false, true] {
            let builder = Salon::builder().session::<Desk>().room::<Den>();
            let builder = match msgpack {
                true => builder.parser(MsgpackParser),
                false => builder.parser(JsonParser),
            };
            let lab = Lab::new(builder.build()?).await;
            let client = lab.visitor().wire(wire).connect().await?;
            let sockets = lab.drive(lab.salon().namespace("/").fetch()).await;
            test(&lab, &client, &sockets[0]).await?;
            lab.settle().await;
            assert!(client.is_connected(), "{wire:?}");
        }
    }
    Ok(())
}

#[salon::test]
async fn a_reserved_name_is_sent_on_no_way_out() {
    each(async |lab, client, socket| {
        for name in RESERVED {
            let expected = ReservedName::check(name).expect_err(name);
            assert_eq!(socket.try_emit_named(name, (1,)), Err(NotQueued::ReservedName(expected)));
            assert_eq!(socket.try_emit_volatile(name, (1,)), Err(expected.into()));
            let asked = lab.drive(socket.ask_named(name, (1,), SECOND)).await;
            assert!(matches!(asked, Err(AskError::ReservedName(_))), "{name}");
            let before = lab.counters().get(Count::EventsNotSent);
            let everyone = lab.salon().namespace("/");
            for audience in [everyone.clone(), everyone.clone().volatile(), socket.everyone()] {
                audience.emit_named(name, (1,));
                let asked = lab.drive(audience.ask_named(name, (1,), SECOND)).await;
                assert!(matches!(asked, Err(AskError::ReservedName(_))), "{name}");
            }
            socket.emit_named(name, (1,));
            socket.emit_volatile(name, (1,));
            assert_eq!(lab.counters().get(Count::EventsNotSent) - before, 8);
        }
        client.expect_none().await;
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn a_typed_event_that_clients_take_for_another_is_not_sent() {
    each(async |lab, client, socket| {
        assert!(matches!(socket.try_emit(&Forged), Err(NotQueued::ReservedName(_))));
        let asked = lab.drive(socket.ask(&Forged, SECOND)).await;
        assert!(matches!(asked, Err(AskError::ReservedName(_))));
        lab.salon().namespace("/").emit(&Forged);
        assert_eq!(lab.counters().get(Count::EventsNotSent), 3);
        client.send(Misuse { den: 1 }).await?;
        assert_eq!(lab.counters().get(Count::EventsNotSent), 3 + 5);
        client.expect_none().await;
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn names_that_only_resemble_reserved_ones_are_sent() {
    each(async |_, client, socket| {
        for name in ["connected", "Disconnect", "salon", "salon.x", "", "message"] {
            assert_eq!(socket.try_emit_named(name, (1,)), Ok(()));
            assert_eq!(client.expect_named(name).await.json(), [1]);
        }
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn what_has_no_json_form_is_an_error_wherever_there_is_one() {
    each(async |lab, client, socket| {
        let unserializable = Err(NotQueued::Unserializable);
        assert_eq!(socket.try_emit(&Map::broken()), unserializable);
        assert_eq!(socket.try_emit(&Fails(Failing, 1)), unserializable);
        assert_eq!(socket.try_emit_named("x", (1, Failing)), unserializable);
        assert_eq!(socket.try_emit_volatile("x", (Failing,)), unserializable);
        let asked = lab.drive(socket.ask_named("x", (Failing,), SECOND)).await;
        assert!(matches!(asked, Err(AskError::Payload(_))));
        assert_eq!(lab.counters().get(Count::EventsNotSent), 4);
        let everyone = lab.salon().namespace("/");
        everyone.emit(&Map::broken());
        everyone.emit_named("x", (Failing,));
        assert_eq!(lab.counters().get(Count::EventsNotSent), 6);
        for wrong in ["fail", "fail:there"] {
            let refused = match wrong {
                "fail" => client.call::<u8>(wrong, ()).await,
                _ => client.call::<u8>(wrong, (HashMap::from([("den", 1)]),)).await,
            };
            assert_eq!(refused.expect_err(wrong).code(), &Code::Internal);
        }
        client.expect_none().await;
        // What JavaScript has no number for is null, as everywhere in JSON.
        assert_eq!(socket.try_emit_named("x", (f64::NAN,)), Ok(()));
        let json = client.expect_named("x").await.json();
        assert_eq!(json, [serde_json::Value::Null]);
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn what_a_parser_can_make_nothing_of_is_an_error_too() {
    let arguments = || Payload::from_parts("[".repeat(300).into(), Vec::new());
    let salon = Salon::builder().parser(MsgpackParser).namespace(Namespace::new("/relay").on(
        "answer",
        move |_, event| {
            let acknowledged = event.acknowledge(arguments());
            assert_eq!(acknowledged, Err(NotQueued::Unserializable));
        },
    ));
    let lab = Lab::new(salon.build()?).await;
    let client = lab.visitor().namespace("/relay").connect().await?;
    let sockets = lab.drive(lab.salon().namespace("/relay").fetch()).await;
    let unserializable = Err(NotQueued::Unserializable);
    assert_eq!(sockets[0].try_emit_named("x", arguments()), unserializable);
    let asked = lab.drive(sockets[0].ask_named("x", arguments(), SECOND)).await;
    assert!(matches!(asked, Err(AskError::Payload(_))));
    lab.salon().namespace("/relay").emit_named("x", arguments());
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::EventsNotSent), 3);
    let unanswered = client.call::<()>("answer", ().into_payload()?);
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::HandlerPanics), 0);
    drop(unanswered);
}

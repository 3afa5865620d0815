//! What a client leaves out at the end is the `None` of an `Option`, over each wire and parser.

use std::sync::{Arc, Mutex};

use salon::Payload;
use salon::{
    Count, Salon,
    prelude::*,
    testing::{Lab, Wire},
    wire::{
        engine_io::Message,
        msgpack::MsgpackParser,
        socket_io::{JsonParser, Packet, Parser},
    },
};

use crate::table::text;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("new_opt", reply = Option<u8>)]
struct NewOpt(Option<u8>);

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("two_opt")]
struct TwoOpt(u8, Option<String>);

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("all_opt")]
struct AllOpt(Option<u8>, NewOpt, Option<Vec<u8>>);

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("named_opt")]
struct NamedOpt {
    a: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("unit")]
struct Unit;

/// What came, as it is shown.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

struct Desk(Seen);

impl Desk {
    fn see(&self, event: &impl std::fmt::Debug) {
        self.0.0.lock().expect("no panic under it").push(format!("{event:?}"));
    }
}

impl Session for Desk {
    type Identity = ();
    type Events = (NewOpt, TwoOpt, AllOpt, NamedOpt, Unit);
    type Sends = ();

    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self(client.data::<Seen>()?.clone()))
    }
}

impl On<NewOpt> for Desk {
    fn on(&mut self, event: NewOpt, _: &mut SessionContext<Self>) -> Result<Option<u8>, Refusal> {
        self.see(&event);
        Ok(event.0)
    }
}

macro_rules! see {
    ($($event:ident)*) => {
        $(impl On<$event> for Desk {
            fn on(&mut self, event: $event, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
                self.see(&event);
                Ok(())
            }
        })*
    };
}

see!(TwoOpt AllOpt NamedOpt Unit);

/// Events as a client writes them, and what comes of each; nothing if it is refused.
const SENT: [(&str, &str, Option<&str>); 17] = [
    ("new_opt", "", Some("NewOpt(None)")),
    ("new_opt", "null", Some("NewOpt(None)")),
    ("new_opt", "7", Some("NewOpt(Some(7))")),
    ("new_opt", "\"x\"", None),
    ("two_opt", "1", Some("TwoOpt(1, None)")),
    ("two_opt", "1,null", Some("TwoOpt(1, None)")),
    ("two_opt", "1,\"a\"", Some("TwoOpt(1, Some(\"a\"))")),
    ("two_opt", "", None),
    ("two_opt", "1,2", None),
    ("all_opt", "", Some("AllOpt(None, NewOpt(None), None)")),
    ("all_opt", "1", Some("AllOpt(Some(1), NewOpt(None), None)")),
    ("all_opt", "null,2", Some("AllOpt(None, NewOpt(Some(2)), None)")),
    ("all_opt", "null,null,[3]", Some("AllOpt(None, NewOpt(None), Some([3]))")),
    ("named_opt", "{}", Some("NamedOpt { a: None }")),
    ("named_opt", "{\"a\":null}", Some("NamedOpt { a: None }")),
    ("unit", "", Some("Unit")),
    ("unit", "null", Some("Unit")),
];

#[salon::test]
async fn an_option_at_the_end_may_be_left_out() {
    for wire in Wire::SOCKET_IO {
        for msgpack in [false, true] {
            let seen = Seen::default();
            let builder = Salon::builder().session::<Desk>().data(seen.clone());
            let builder = match msgpack {
                true => builder.parser(MsgpackParser),
                false => builder.parser(JsonParser),
            };
            let lab = Lab::new(builder.build()?).await;
            let client = lab.visitor().wire(wire).connect().await?;
            for (name, json, expected) in SENT {
                for id in [None, Some(70)] {
                    let arguments = Payload::from_parts(json.into(), Vec::new());
                    let (namespace, name) = ("/".into(), name.into());
                    let packet = Packet::Event { namespace, id, name, arguments };
                    let messages = match msgpack {
                        true => MsgpackParser.encode(&packet),
                        false => JsonParser.encode(&packet),
                    };
                    messages.into_iter().for_each(|message: Message| client.send_raw(message));
                    lab.settle().await;
                    let came = seen.0.lock().expect("no panic under it").pop();
                    assert_eq!(came.as_deref(), expected, "{packet:?} over {wire:?}");
                }
            }
            assert_eq!(lab.counters().get(Count::BadPackets), 0);
            assert!(client.is_connected());
        }
    }
}

#[salon::test]
async fn an_answer_that_is_an_option_may_be_left_out() {
    let lab = Lab::new(Salon::builder().session::<Desk>().data(Seen::default()).build()?).await;
    let client = lab.connect(()).await?;
    let sockets = lab.drive(lab.salon().namespace("/").fetch()).await;
    let asking = async {
        let second = std::time::Duration::from_secs(1);
        sockets[0].ask(&NewOpt(None), second).await
    };
    let answer = async {
        lab.settle().await;
        client.send_raw(text("30[]"));
    };
    let (answered, ()) = futures_util::future::join(lab.drive(asking), answer).await;
    assert_eq!(answered.expect("an answer"), None);
}

//! What a client says of the delivery of an event, behind the event: it is no part of it.
//!
//! It must never matter how the client writes: each test runs in both languages.

use salon::{
    Code, IncomingEvent, Namespace, Payload, Salon, Socket, UntypedEvent, Value,
    prelude::*,
    testing::{Client, Failure, Lab},
    wire::msgpack::MsgpackParser,
};
use serde_json::json;

#[derive(Serialize, Deserialize, Event)]
#[event("note", reply = String)]
struct Note {
    text: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("pair", reply = Vec<Value>)]
struct Pair(u8, Option<Value>);

#[derive(Serialize, Deserialize, Event)]
#[event("bare")]
struct Bare;

#[derive(Serialize, Deserialize, Event)]
#[event("entry", room = Hall(hall), join, reply = String)]
struct Entry {
    hall: String,
    #[serde(rename = "$", default)]
    dollars: Option<Value>,
}

struct Desk;

impl Session for Desk {
    type Identity = ();
    type Events = (Note, Pair, Bare);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Note> for Desk {
    fn on(&mut self, note: Note, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        Ok(note.text)
    }
}

impl On<Pair> for Desk {
    fn on(&mut self, pair: Pair, _: &mut SessionContext<Self>) -> Result<Vec<Value>, Refusal> {
        Ok([pair.0.to_string().into()].into_iter().chain(pair.1).collect())
    }
}

impl On<Bare> for Desk {
    fn on(&mut self, _: Bare, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
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
    fn on(&mut self, entry: Entry, _: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(format!("{} {}", entry.hall, json!(entry.dollars)))
    }
}

/// An app whose guarded namespace refuses what its check sees a `$` in.
fn salon(packed: bool) -> Salon {
    let untyped = |_: &Socket, event: UntypedEvent| {
        let heard = event.payload.json().to_owned();
        if let Some(acknowledge) = event.acknowledge {
            // A client that is gone needs no answer.
            let _ = acknowledge.with((heard,));
        }
    };
    let seen = async |event: IncomingEvent| match event.payload().json().contains('$') {
        true => Err(Refusal::other("seen", "a check has seen what the handler does not get")),
        false => Ok(()),
    };
    let guarded = Namespace::new("/guarded").session::<Desk>().guard_events(seen);
    let builder =
        Salon::builder().session::<Desk>().room::<Hall>().on("untyped", untyped).namespace(guarded);
    let built = if packed { builder.parser(MsgpackParser).build() } else { builder.build() };
    built.expect("the parts fit")
}

/// Runs a test in each language, with a client in a namespace.
async fn in_each_language(
    namespace: &str,
    test: impl AsyncFn(&Client) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for packed in [false, true] {
        let lab = Lab::new(salon(packed)).await;
        let client = lab.visitor().namespace(namespace).connect().await?;
        test(&client).await.map_err(|error| format!("packed: {packed}: {error}"))?;
    }
    Ok(())
}

fn arguments(json: &str) -> Payload {
    Payload::from_parts(json.to_owned().into(), Vec::new())
}

const DELIVERY: &str = r#"{"$":{"key":"a","after":{"epoch":"b7a01f93c2","seq":12},"trace":["x"]}}"#;

#[salon::test]
async fn an_event_of_any_shape_is_what_stands_before_it() {
    for namespace in ["/", "/guarded"] {
        in_each_language(namespace, async |client| {
            let note = arguments(&format!(r#"{{"text":"hi"}},{DELIVERY}"#));
            assert_eq!(client.call::<String>("note", note).await?, "hi");
            let pair = arguments(&format!("1,[2],{DELIVERY}"));
            assert_eq!(client.call::<Value>("pair", pair).await?, json!(["1", [2]]).into());
            let short = arguments(r#"1,{"$":{"key":"b"}}"#);
            assert_eq!(client.call::<Value>("pair", short).await?, json!(["1"]).into());
            client.call::<()>("bare", arguments(DELIVERY)).await?;
            Ok(())
        })
        .await?;
    }
}

#[salon::test]
async fn a_dollar_within_the_event_is_the_events_own() {
    in_each_language("/", async |client| {
        for behind in ["", &format!(",{DELIVERY}")] {
            let entry = arguments(&format!(r#"{{"hall":"a","$":{{"key":7}}}}{behind}"#));
            assert_eq!(client.call::<String>("entry", entry).await?, r#"a {"key":7}"#);
        }
        let before = arguments(&format!("1,{DELIVERY},3"));
        let heard = client.call::<Value>("pair", before).await?;
        assert_eq!(heard.get("0"), None);
        assert_eq!(json!(heard)[1]["$"]["key"], "a");
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn an_untyped_handler_gets_what_was_sent() {
    in_each_language("/", async |client| {
        for sent in [DELIVERY.to_owned(), format!("1,{DELIVERY}"), r#"{"$":7}"#.to_owned()] {
            assert_eq!(client.call::<String>("untyped", arguments(&sent)).await?, sent);
        }
        Ok(())
    })
    .await?;
}

#[salon::test]
async fn attachments_of_the_event_stay_with_it() {
    let lab = Lab::new(salon(false)).await;
    let client = lab.visitor().connect().await?;
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    let bytes = vec![vec![1, 2].into()];
    let pair = Payload::from_parts(format!("1,{placeholder},{DELIVERY}").into(), bytes);
    let heard = client.call::<Vec<Value>>("pair", pair).await?;
    assert_eq!(heard[1], Binary::from(vec![1, 2]).into());
}

#[salon::test]
async fn what_is_malformed_in_it_is_refused_with_where_it_is() {
    in_each_language("/", async |client| {
        let too_long = format!(r#"{{"key":"{}"}}"#, "a".repeat(257));
        for (delivery, path) in [
            (r#"{"key":1,"key":2}"#, "$"),
            (r#"{"key":null}"#, "$.key"),
            (r#"{"key":1.5}"#, "$.key"),
            (&too_long, "$.key"),
            (r#"{"key":"a","after":7}"#, "$.after"),
            (r#"{"after":{"epoch":"b7a01f93c2","seq":"12"}}"#, "$.after"),
        ] {
            for (name, event) in
                [("note", r#"{"text":"hi"},"#), ("bare", ""), ("entry", r#"{"hall":"a"},"#)]
            {
                let sent = arguments(&format!(r#"{event}{{"$":{delivery}}}"#));
                let refusal = client.call::<Value>(name, sent).await.expect_err(delivery);
                assert_eq!(refusal.code(), &Code::InvalidPayload, "{name} {delivery}");
                assert_eq!(refusal.data(), Some(&json!({ "path": path })), "{name} {delivery}");
            }
        }
        Ok(())
    })
    .await?;
}

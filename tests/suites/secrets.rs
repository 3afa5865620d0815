//! What a client presents stands in no log at any level, and in no error, however it is sent: over
//! real sockets, since some of it is no packet at all.
//!
//! It must never look at other libraries' logs: those are for whoever turns them on.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use salon::{
    Namespace, Salon, Value,
    auth::{Authenticated, Authenticator, Credentials, Handshake},
    prelude::*,
    wire::{
        engine_io::{self, Message, payload},
        msgpack::MsgpackParser,
        socket_io::{JsonParser, PacketLimits, Parser},
    },
};
use salon_tests::{
    Failure,
    in_process::InProcess,
    polling::{Endpoint, Polling},
    raw_http::Request,
    websocket::WebSocket,
};
use serde_json::json;
use tracing::{
    Event as Logged, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

const SECRET: &str = "s3cr3tT0ken";

/// What Salon logs, with the fields of its spans.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Lines {
    fn note(&self, metadata: &Metadata<'_>, fields: impl FnOnce(&mut Fields<'_>)) {
        if metadata.target().starts_with("salon") {
            let mut line = metadata.name().to_owned();
            fields(&mut Fields(&mut line));
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.note(attributes.metadata(), |fields| attributes.record(fields));
    }

    fn on_event(&self, event: &Logged<'_>, _: Context<'_, S>) {
        self.note(event.metadata(), |fields| event.record(fields));
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("login")]
struct Login {
    token: u32,
}

struct Desk;

impl Session for Desk {
    type Identity = ();
    type Events = (Login,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Login> for Desk {
    fn on(&mut self, _: Login, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Wants a number, and logs what it is told of anything else, as an app may.
struct Numbers;

impl Authenticator for Numbers {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        #[derive(Deserialize)]
        struct Auth {
            token: u32,
        }
        let auth = credentials.auth::<Auth>().inspect_err(|error| {
            tracing::error!(target: "salon_app", %error, ?error, ?credentials, "no auth");
        })?;
        match auth.token {
            0 => Err(Refusal::unauthorized("no")),
            _ => Ok(().into()),
        }
    }
}

fn salon(parser: impl Parser) -> Result<Salon, Failure> {
    let numbers = Namespace::new("/numbers").authenticate(Numbers);
    let any = Namespace::pattern("/any{number:\\d*}");
    let builder = Salon::builder().session::<Desk>().parser(parser);
    Ok(builder.namespace(numbers).namespace(any).build()?)
}

/// Messages with the secret where something else should be, or where it belongs.
fn texts() -> Vec<String> {
    let object = format!(r#"{{"token":"{SECRET}"}}"#);
    let mut texts: Vec<String> = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "",
        "b",
        "b0",
        "4",
        "40",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "47",
        "40/any",
        "40/numbers,",
        "40/unknown,",
        "40/unknown",
        "42/any",
        "42/x,",
        "451-",
        "451-0",
        "451-/any,7",
        "461-",
        "461-7",
        "450-",
        "45-",
        "40[",
        "40\"",
        "40/any,[",
        "420",
        "42[\"login\",",
        "42[\"a\",[",
        "30",
        "20",
        "10",
        "b40",
    ]
    .iter()
    .flat_map(|front| [format!("{front}{object}"), format!("{front}{SECRET}")])
    .collect();
    texts.extend([
        format!("40/any?token={SECRET},"),
        format!("40/unknown?token={SECRET},"),
        format!("40/{SECRET},"),
        format!("40{}", &object[..object.len() - 1]),
        format!(r#"40["{SECRET}"]"#),
        format!(r#"40/numbers,{{"token":{{"{SECRET}":1}}}}"#),
        format!(r#"40/numbers,{{"{SECRET}":1}}"#),
        format!(r#"40/numbers,{{"token":"\ud83d{SECRET}"}}"#),
        format!("42[\"login\",{object}]"),
        format!("4217[\"login\",\"{SECRET}\"]"),
        format!("4217[\"salon:refresh\",{object}]"),
        format!("4217[\"salon:refresh\",{{\"token\":\"\\ud83d{SECRET}\"}}]"),
        format!("42[\"salon:refresh\",{{\"token\":{SECRET}}}]"),
        format!("45{SECRET}-[\"a\"]"),
    ]);
    texts
}

/// Packets of the msgpack parser, or nearly.
fn packets() -> Vec<Vec<u8>> {
    [
        json!(SECRET),
        json!([SECRET]),
        json!({ SECRET: 1 }),
        json!({ "type": SECRET, "nsp": "/", "data": { "token": SECRET } }),
        json!({ "type": 0, "nsp": [SECRET], "data": { "token": SECRET } }),
        json!({ "type": 0, "nsp": SECRET }),
        json!({ "type": 0, "nsp": "/", "data": SECRET }),
        json!({ "type": 0, "nsp": "/", "data": [SECRET] }),
        json!({ "type": 0, "nsp": "/numbers", "data": { "token": SECRET } }),
        json!({ "type": 0, "nsp": "/unknown", "data": { "token": SECRET } }),
        json!({ "type": 1, "nsp": "/", "data": { "token": SECRET } }),
        json!({ "type": 2, "nsp": "/", "data": { "token": SECRET } }),
        json!({ "type": 2, "nsp": "/", "data": ["a"], "id": SECRET }),
        json!({ "type": 4, "nsp": "/", "data": { "token": SECRET } }),
        json!({ "type": 9, "nsp": "/", "data": { "token": SECRET } }),
    ]
    // As values of Salon's: what serde_json makes of a number depends on an app's tree.
    .map(|packet| rmp_serde::to_vec_named(&Value::from(packet)).expect("plain values"))
    .into()
}

/// Sends each message on a WebSocket of its own, and waits until the server is done with it.
async fn over_websocket(server: &InProcess, target: &str, send: &Message) -> Result<(), Failure> {
    let mut socket = WebSocket::open(server.address(), target).await?;
    // It may be closed before all is sent.
    let _ = match send {
        Message::Text(text) => socket.send(text).await,
        Message::Binary(bytes) => socket.send_binary(bytes).await,
    };
    let _ = socket.close().await;
    Ok(())
}

fn endpoint(server: &InProcess) -> Endpoint {
    let parameters = format!("token={SECRET}");
    Endpoint { address: server.address(), path: "/socket.io/", parameters }
}

#[tokio::test]
async fn what_a_client_presents_is_in_no_log() -> Result<(), Failure> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    tracing::subscriber::set_global_default(subscriber)?;
    let server = InProcess::start(&salon(JsonParser)?, 1)?;
    let target = format!("/socket.io/?EIO=4&transport=websocket&token={SECRET}");
    for text in texts() {
        let text = Message::Text(text.into());
        over_websocket(&server, &target, &text).await?;
        // Connected first: then other things are looked at.
        let mut socket = WebSocket::open(server.address(), &target).await?;
        socket.send(&format!("40{{\"token\":\"{SECRET}\"}}")).await?;
        if let Message::Text(text) = &text {
            let _ = socket.send(text).await;
        }
        let _ = socket.close().await;
    }
    // In place of a probe.
    for text in texts() {
        let (polling, _) = Polling::open(endpoint(&server)).await?;
        let mut probing =
            WebSocket::open(server.address(), &format!("{target}&sid={}", polling.sid())).await?;
        probing.send(&text).await?;
        let _ = probing.close().await;
        let _ = polling.post(&text).await;
        let (polling, _) = Polling::open(endpoint(&server)).await?;
        let _ = polling.post(&format!("40{{\"token\":\"{SECRET}\"}}\u{1e}{text}")).await;
    }
    for target in [
        format!("/socket.io/?EIO=4&transport={SECRET}&token={SECRET}"),
        format!("/socket.io/?EIO={SECRET}&transport=polling&token={SECRET}"),
        format!("/socket.io/?EIO=4&transport=polling&sid={SECRET}"),
        format!("/socket.io/?EIO=4&transport=websocket&sid={SECRET}"),
        format!("/socket.io/?EIO=4&transport=polling&token={SECRET}"),
    ] {
        let request = Request::new("GET", &target)
            .header("authorization", &format!("Bearer {SECRET}"))
            .header("cookie", &format!("token={SECRET}"))
            .header("origin", &format!("http://{SECRET}.example"))
            .header("sec-websocket-protocol", SECRET);
        request.send(server.address()).await?;
    }
    let msgpack = InProcess::start(&salon(MsgpackParser)?, 1)?;
    for packet in packets() {
        over_websocket(&msgpack, &target, &Message::Binary(packet.into())).await?;
    }
    for text in texts() {
        over_websocket(&msgpack, &target, &Message::Text(text.into())).await?;
    }
    let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    for known in
        ["a client broke its protocol", "not the packet of an upgrade", "no auth", "refused"]
    {
        assert!(lines.iter().any(|line| line.contains(known)), "nothing was logged of {known:?}");
    }
    let told: Vec<_> = lines.iter().filter(|line| line.contains(&SECRET[..6])).collect();
    assert!(told.is_empty(), "{told:#?}");
    Ok(())
}

#[test]
fn no_error_has_anything_of_what_was_sent() {
    let clean = |error: &dyn std::error::Error, sent: &dyn fmt::Debug| {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&SECRET[..6]), "{shown} for {sent:?}");
    };
    let mut errors = 0;
    for text in texts() {
        if let Err(error) = engine_io::Packet::decode(text.as_str().into()) {
            clean(&error, &text);
            errors += 1;
        }
        if let Some(error) = payload::decode(text.clone().into(), 9).error {
            clean(&error, &text);
        }
        let rest = text.strip_prefix('4').unwrap_or(&text);
        for parser in [&JsonParser as &dyn Parser, &MsgpackParser] {
            let mut decoder = parser.decoder(&PacketLimits::default());
            if let Err(error) = decoder.decode(Message::Text(rest.into())) {
                clean(&error, &text);
                errors += 1;
            }
        }
    }
    for packet in packets() {
        let mut decoder = MsgpackParser.decoder(&PacketLimits::default());
        match decoder.decode(Message::Binary(packet.clone().into())) {
            Err(error) => {
                clean(&error, &packet);
                errors += 1;
            }
            Ok(packet) => {
                let shown = format!("{packet:?}");
                assert!(!shown.contains(SECRET), "{shown}");
            }
        }
    }
    assert!(errors > 50, "{errors}");
}

#[test]
fn what_was_requested_is_not_shown() {
    let headers = [("authorization", SECRET), ("cookie", SECRET)];
    let query = [("token", SECRET), (SECRET, "")];
    let handshake = Handshake::new(&format!("/?token={SECRET}"), headers, query);
    let shown = format!("{handshake:?}");
    assert!(!shown.contains(SECRET) && shown.contains("authorization"), "{shown}");
}

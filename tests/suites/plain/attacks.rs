//! Clients and apps that hold the new transports to what the guide's page promises.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::http::Method;
use salon::{
    Binary, Payload, Presence, Present, Salon, Value as Any,
    prelude::*,
    testing::{Client, ConnectError, Lab, Response, Wire},
    wire::{engine_io::Message, typed::Frame},
};
use salon_tests::guests::Guest;
use serde_json::{Value, json};

use crate::{
    parlour::{SECOND, Tokens},
    plain::{Plain, lab, lab_with},
};

const NDJSON: &str = "application/x-ndjson";
const ADA: &str = "Bearer token-ada";

async fn poll(lab: &Lab, secret: &str, has: u64) -> Result<Response, ConnectError> {
    let visitor = lab.visitor().header("accept", NDJSON).header("authorization", ADA);
    let visitor = visitor.header("salon-session", secret).header("salon-ack", &has.to_string());
    visitor.request(Method::GET, "/salon/events", "").await
}

async fn open(lab: &Lab) -> Result<String, ConnectError> {
    let visitor = lab.visitor().header("accept", NDJSON).header("authorization", ADA);
    let opened = visitor.request(Method::GET, "/salon/events", "").await?;
    Ok(lines(&opened)[0][1]["secret"].as_str().expect("a secret").to_owned())
}

async fn post(lab: &Lab, secret: &str, seq: u64, frames: &str) -> Result<(), ConnectError> {
    let visitor = lab.visitor().header("salon-session", secret);
    let visitor = visitor.header("salon-seq", &seq.to_string());
    let posted = visitor.request(Method::POST, "/salon/send", frames.to_owned()).await?;
    assert_eq!(posted.status, 202, "{}", posted.text());
    lab.settle().await;
    Ok(())
}

fn lines(response: &Response) -> Vec<Value> {
    response.text().lines().map(|it| serde_json::from_str(it).expect("a frame")).collect()
}

/// Says "poll again within the time that the welcome states": `within_ms` is 20 s. This one polls every 16 s
/// and is answered each time.
#[salon::test]
async fn who_polls_within_the_time_of_the_welcome_stays() {
    let lab = lab().await?;
    let secret = open(&lab).await?;
    for turn in 1..=6 {
        lab.advance(16 * SECOND).await;
        let at = turn * 16;
        if lab.salon().connections() == 0 {
            panic!("gone {at} s after it came, though it was answered 16 s ago");
        }
        post(&lab, &secret, turn, "[1,\"count\"]").await?;
        let polled = poll(&lab, &secret, turn).await?;
        assert_eq!(polled.status, 200, "at {at} s: {}", polled.text());
    }
}

/// The same, where the client polls again at once whenever it is told nothing, and its network takes 0.3 s.
#[salon::test]
async fn who_polls_again_at_once_over_a_slow_network_stays() {
    let lab = lab().await?;
    let secret = open(&lab).await?;
    lab.advance(249 * SECOND / 10).await;
    post(&lab, &secret, 1, "[1,\"count\"]").await?;
    assert_eq!(poll(&lab, &secret, 1).await?.status, 200);
    // It is busy with what came for less than `within_ms`.
    lab.advance(199 * SECOND / 10).await;
    post(&lab, &secret, 2, "[2,\"count\"]").await?;
    assert_eq!(poll(&lab, &secret, 2).await?.status, 200, "0.2 s before the end");
    lab.advance(3 * SECOND / 10).await;
    post(&lab, &secret, 3, "[3,\"count\"]").await?;
    assert_eq!(poll(&lab, &secret, 3).await?.status, 200, "it was answered 0.3 s ago");
}

/// A poll that is answered with the batch before is one within the time as well.
#[salon::test]
async fn who_has_the_batch_before_told_again_has_polled() {
    let lab = lab().await?;
    let secret = open(&lab).await?;
    post(&lab, &secret, 1, "[1,\"count\"]").await?;
    assert_eq!(poll(&lab, &secret, 1).await?.status, 200, "and is lost");
    for turn in 1..=10 {
        lab.advance(5 * SECOND).await;
        let polled = poll(&lab, &secret, 1).await?;
        assert_eq!(polled.status, 200, "{} s: its responses are lost, and it polls", 5 * turn);
    }
}

/// "frames …; they come again until a poll says that it has them": also the last, which says whether and when
/// to come back.
#[salon::test]
async fn a_bye_whose_response_is_lost_comes_again() {
    let lab = lab().await?;
    let secret = open(&lab).await?;
    lab.salon().namespace("/").disconnect();
    lab.settle().await;
    let bye = poll(&lab, &secret, 1).await?;
    assert_eq!(
        (lines(&bye)[0][0].as_str(), bye.headers.get("salon-last").is_some_and(|it| it == "2")),
        (Some("salon:bye"), true)
    );
    let again = poll(&lab, &secret, 1).await?;
    assert_eq!(
        (again.status.as_u16(), again.text()),
        (200, bye.text()),
        "it has not said that it has 2"
    );
}

/// A media type is compared without regard to case (RFC 9110, section 8.3.1), and one of no weight is not
/// acceptable (12.4.2).
#[salon::test]
async fn accept_is_read_as_http_has_it() {
    let lab = lab().await?;
    let mut wrong = Vec::new();
    for (accept, polls) in [
        ("application/x-ndjson", true),
        ("Application/X-NDJSON", true),
        ("text/event-stream, application/x-ndjson;q=0", false),
        ("application/x-ndjson-not", false),
    ] {
        let visitor = lab.visitor().header("accept", accept).header("authorization", ADA);
        // A stream is not answered to its end.
        let opened = visitor.request(Method::GET, "/salon/events", "").await;
        let is_poll = matches!(&opened, Ok(it) if it.headers.get("content-type").is_some_and(|it| it == NDJSON));
        if is_poll != polls {
            wrong.push(accept);
        }
    }
    let lines = lab.visitor().header("accept", "text/html").header("accept", NDJSON);
    let opened = lines.header("authorization", ADA).request(Method::GET, "/salon/events", "").await;
    if !matches!(&opened, Ok(it) if it.headers.get("content-type").is_some_and(|it| it == NDJSON)) {
        wrong.push("two lines");
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[salon::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let lab = lab().await?;
    let secret = open(&lab).await?;
    let mut without = Vec::new();
    for (method, target) in [
        (Method::HEAD, "/salon/events"),
        (Method::PUT, "/salon/events"),
        (Method::GET, "/salon/send"),
    ] {
        let visitor = lab.visitor().header("accept", NDJSON).header("salon-session", &secret);
        let refused = visitor.request(method.clone(), target, "").await?;
        assert_eq!(refused.status, 405);
        if !refused.headers.contains_key("allow") {
            without.push((method, target));
        }
    }
    assert!(without.is_empty(), "RFC 9110, 15.5.6: {without:?}");
}

/// What the app lets pages of other origins read.
#[salon::test]
async fn headers_that_the_app_exposes_stay_exposed() {
    let lab = lab_with(|it| {
        it.headers(|_| {
            vec![("access-control-expose-headers".to_owned(), "x-request-id".to_owned())]
        })
    })
    .await?;
    let visitor = lab.visitor().header("accept", NDJSON).header("authorization", ADA);
    let opened = visitor.request(Method::GET, "/salon/events", "").await?;
    let exposed: Vec<_> = opened.headers.get_all("access-control-expose-headers").collect();
    let exposed = format!("{exposed:?}");
    assert!(exposed.contains("salon-last") && exposed.contains("x-request-id"), "{exposed}");
}

/// A client that opens, says what it has to say, and goodbye.
#[salon::test]
async fn a_goodbye_in_the_opening_is_no_error_of_the_server() {
    let lab = lab().await?;
    for accept in [NDJSON, "text/event-stream"] {
        let visitor = lab.visitor().header("accept", accept);
        let body = "[\"salon:connect\",{\"token\":\"token-ada\"}]\n[1,\"count\"]\n[\"salon:bye\"]";
        let opened = visitor.request(Method::POST, "/salon/events", body).await?;
        assert!(opened.status.as_u16() < 500, "{accept}: {} {}", opened.status, opened.text());
    }
}

/// What a client has said to have is held no longer.
#[test]
fn what_is_acknowledged_is_given_back() {
    // As `Numbered` keeps it, and as polling.rs drops it: `last.lines.clear()`.
    struct Owned(Arc<AtomicU64>, [u8; 64]);
    impl AsRef<[u8]> for Owned {
        fn as_ref(&self) -> &[u8] {
            &self.1
        }
    }
    impl Drop for Owned {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::<AtomicU64>::default();
    let mut lines = bytes::Bytes::from_owner(Owned(dropped.clone(), [0; 64]));
    lines.clear();
    assert_eq!(dropped.load(Ordering::Relaxed), 1, "`Bytes::clear` keeps the whole buffer");
}

#[salon::test]
async fn one_that_does_not_poll_overflows_and_is_told() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_outbox_bytes = 10_000)).await?;
    let secret = open(&lab).await?;
    for seq in 1..=100 {
        let visitor = lab.visitor().header("salon-session", &secret);
        let visitor = visitor.header("salon-seq", &seq.to_string());
        let flood = r#"["flood",{"bytes":5000,"times":1}]"#;
        if visitor.request(Method::POST, "/salon/send", flood).await?.status != 202 {
            break;
        }
        lab.settle().await;
    }
    let bye = poll(&lab, &secret, 1).await?;
    assert_eq!(lines(&bye)[0][1]["code"], "overflow", "{}", bye.text());
}

// What follows has an app of its own.

#[derive(Serialize, Deserialize, Event)]
#[event("try", reply = String)]
struct Try {
    what: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("sure", reply = ())]
struct Sure;

#[derive(Debug, Serialize, Deserialize)]
struct Problem {
    code: String,
    message: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Report {
    error: Problem,
}

/// Is answered by what went wrong in the client, which is what it is for.
#[derive(Serialize, Deserialize, Event)]
#[event("report", reply = Report)]
struct Diagnose;

#[derive(Serialize, Deserialize, Event)]
#[event("deep", reply = Value)]
struct Deep {
    levels: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("echo", reply = Any)]
struct Echo(Any);

#[derive(Serialize, Deserialize, Event)]
#[event("keep", once = id, reply = u64)]
struct Keep {
    bytes: Binary,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Default)]
struct Asker;

impl Session for Asker {
    type Identity = Guest;
    type Events = (Later<Try>, Deep, Keep, Echo);
    type Sends = (Sure, Diagnose);

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Try> for Asker {
    fn on_later(&mut self, what: Try, cx: &mut SessionContext<Self>) -> Answer<String> {
        let socket = cx.socket().clone();
        let long = 10 * SECOND;
        match &*what.what {
            "sure" => {
                let asked = cx.ask(&Sure, long);
                Answer::later(async move { Ok(format!("{:?}", asked.await)) })
            }
            "report" => {
                let asked = cx.ask(&Diagnose, long);
                Answer::later(async move { Ok(format!("{:?}", asked.await)) })
            }
            _ => Answer::later(async move {
                Ok(format!("{:?}", socket.ask_named("sure", (), long).await))
            }),
        }
    }
}

impl On<Deep> for Asker {
    fn on(&mut self, deep: Deep, _: &mut SessionContext<Self>) -> Result<Value, Refusal> {
        Ok((0..deep.levels).fold(json!(1), |inner, _| json!([inner])))
    }
}

impl On<Echo> for Asker {
    fn on(&mut self, Echo(any): Echo, _: &mut SessionContext<Self>) -> Result<Any, Refusal> {
        Ok(any)
    }
}

static KEPT: AtomicU64 = AtomicU64::new(0);

impl On<Keep> for Asker {
    fn on(&mut self, _: Keep, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(KEPT.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("gallery:enter", room = Gallery(gallery), join)]
struct EnterGallery {
    gallery: u32,
}

struct Gallery;

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Picture {
    thumb: Binary,
}

impl Room for Gallery {
    const NAME: &'static str = "gallery";
    const PRESENCE: Presence<Self> = Presence::on().grace(Duration::ZERO);
    type Key = u32;
    type Identity = Guest;
    type Events = (EnterGallery,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Present for Gallery {
    type Meta = Picture;

    fn meta(&self, _: &Member<Guest>) -> Picture {
        Picture { thumb: Binary::from(vec![1, 2, 255]) }
    }
}

impl On<EnterGallery> for Gallery {
    fn on(&mut self, _: EnterGallery, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

async fn asking() -> Lab {
    let salon = Salon::builder().authenticate(Tokens).session::<Asker>().room::<Gallery>();
    Lab::new(salon.build().expect("an app")).await
}

async fn packed(lab: &Lab) -> Client {
    let visitor = lab.visitor().wire(Wire::PlainMsgpack).header("authorization", ADA);
    let client = visitor.open().await.expect("it comes");
    assert_eq!(heard(&client).await[0], "salon:welcome");
    client
}

fn says(client: &Client, frame: &impl Serialize) {
    let bytes = rmp_serde::to_vec_named(frame).expect("a frame");
    client.send_raw(Message::Binary(bytes.into()));
}

async fn heard_bytes(client: &Client) -> Vec<u8> {
    match client.expect_raw().await {
        Message::Binary(bytes) => bytes.to_vec(),
        Message::Text(text) => panic!("{text}"),
    }
}

async fn heard(client: &Client) -> Value {
    rmp_serde::from_slice(&heard_bytes(client).await).expect("a frame")
}

/// A refusal that lacks its message is one still; what asked whether must not go on.
#[salon::test]
async fn a_refusal_without_a_message_is_no_consent() {
    let lab = asking().await;
    for refusal in [json!({ "code": "no" }), json!({ "code": "no", "message": null }), json!({})] {
        let client = Plain::come(&lab, "token-ada").await?;
        client.says(&json!([1, "try", { "what": "sure" }]));
        let question = client.hears().await;
        assert_eq!(question[1], "sure", "{question}");
        let id = -question[0].as_i64().expect("an id");
        client.says(&json!([id, null, refusal]));
        let answer = client.is_answered(1).await;
        assert_ne!(answer, json!([-1, "Ok(())"]), "{refusal} was taken for consent");
    }
}

/// `[-7, …]` is the answer to 7, and `[-7,null,{…}]` the refusal.
#[salon::test]
async fn an_answer_is_no_refusal_whatever_it_looks_like() {
    let lab = asking().await;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "try", { "what": "report" }]));
    let question = client.hears().await;
    let id = -question[0].as_i64().expect("an id");
    client.says(&json!([id, { "error": { "code": "e7", "message": "the disk is full" } }]));
    let answer = client.is_answered(1).await;
    assert!(answer[1].as_str().is_some_and(|it| it.starts_with("Ok(Report")), "{answer}");
}

/// Of an untyped question as of a typed one.
#[salon::test]
async fn an_untyped_question_is_refused_as_a_typed_one_is() {
    let lab = asking().await;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "try", { "what": "untyped" }]));
    let question = client.hears().await;
    let id = -question[0].as_i64().expect("an id");
    client.says(&json!([id, null, { "code": "no", "message": "no" }]));
    let answer = client.is_answered(1).await;
    assert!(answer[1].as_str().is_some_and(|it| it.starts_with("Err(Refused")), "{answer}");
}

/// What a client's refusal has in it that is bytes.
#[salon::test]
async fn bytes_in_a_refusal_are_not_lost() {
    let lab = asking().await;
    let client = packed(&lab).await;
    says(&client, &(1, "try", json!({ "what": "sure" })));
    let question = heard(&client).await;
    assert_eq!(question[1], "sure", "{question}");
    let id = -question[0].as_i64().expect("an id");
    assert_eq!(id, -1);
    let mut refusal = b"\x93\xff\xc0\x83\xa4code\xa2no\xa7message\xa2no\xa4data\xc4\x02".to_vec();
    refusal.extend([1, 2]);
    client.send_raw(Message::Binary(refusal.into()));
    let answer = heard(&client).await;
    let text = answer[1].as_str().expect("a text");
    assert!(!text.contains("_placeholder"), "{text}");
}

/// What is replied has a form for all, or is refused; whoever asked does not wait for good.
#[salon::test]
async fn a_reply_without_a_form_is_answered_all_the_same() {
    let lab = asking().await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "deep", { "levels": 130 }]));
    let Message::Text(text) = json.0.expect_raw().await else { panic!("a text") };
    assert!(text.starts_with("[-1,"), "{text}");
    let client = packed(&lab).await;
    says(&client, &(1, "deep", json!({ "levels": 130 })));
    says(&client, &(2, "deep", json!({ "levels": 1 })));
    let answer = heard(&client).await;
    assert_eq!(answer[0], -1, "nothing was said of 1: {answer}");
}

/// An event that is sent again by another connection has one effect, whatever that speaks.
#[salon::test]
async fn what_is_sent_again_in_the_other_format_is_the_same() {
    let lab = asking().await;
    let client = packed(&lab).await;
    let keep = b"\x94\x01\xa4keep\x81\xa5bytes\xc4\x03\x01\x02\xff\x81\xa1$\x81\xa3key\xa1a";
    client.send_raw(Message::Binary(keep.to_vec().into()));
    let first = heard(&client).await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "keep", { "bytes": "AQL/" }, { "$": { "key": "a" } }]));
    assert_eq!(json.hears().await, first);
}

#[salon::test]
async fn bytes_in_presence_are_bytes_or_text() {
    let lab = asking().await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "gallery:enter", { "gallery": 1 }]));
    let joined = json.hears_of("salon:joined").await;
    assert!(joined.to_string().contains("\"AQL/\""), "{joined}");
    let client = packed(&lab).await;
    says(&client, &(1, "gallery:enter", json!({ "gallery": 1 })));
    let joined = heard_bytes(&client).await;
    let bin = b"\xa5thumb\xc4\x03\x01\x02\xff";
    assert!(joined.windows(bin.len()).any(|it| it == bin), "{}", String::from_utf8_lossy(&joined));
}

/// What a client sends is held, and passed on, as JSON.
#[test]
fn a_message_is_no_more_than_a_few_times_its_bytes() {
    for value in [0xc2, 0xc0, 0xe0] {
        let list =
            [&[0x92, 0xa1, b'a', 0xdd, 0, 0x0f, 0x42, 0x40][..], &[value; 1_000_000]].concat();
        let length = list.len();
        let Frame::Event { payload, .. } = Frame::decode_msgpack(&list.into()).expect("a frame")
        else {
            panic!("an event")
        };
        let json = payload.check().expect("JSON").json().len();
        // As `transcode::attach` has it for what has attachments.
        assert!(json <= 4 * length, "{value:#x}: {length} bytes are {json}");
    }
}

/// What has a form in JSON has one in MessagePack.
#[salon::test]
async fn what_an_app_publishes_comes_in_both_formats() {
    let lab = asking().await;
    let (json, client) = (Plain::come(&lab, "token-ada").await?, packed(&lab).await);
    let mut lost = Vec::new();
    for values in [
        r#"{"_placeholder":true,"num":0}"#,
        "1e400",
        "123456789012345678901234567890",
        r#""\ud800""#,
        r#"{"a":1,"a":2}"#,
        "-0",
    ] {
        lab.salon().namespace("/").emit_named("it", Payload::from_parts(values.into(), Vec::new()));
        lab.salon().namespace("/").emit_named("next", ());
        let Message::Text(text) = json.0.expect_raw().await else { panic!("a text") };
        assert!(text.contains("\"it\""), "{text}");
        assert_eq!(json.hears().await, json!(["next"]));
        let bytes = heard_bytes(&client).await;
        let is_next = bytes.windows(4).any(|it| it == b"next");
        if is_next {
            lost.push(values);
        } else {
            heard_bytes(&client).await;
        }
    }
    assert!(lost.is_empty(), "MessagePack's clients were not told: {lost:?}");
}

/// What the app ends is told alike, however its client is told.
#[salon::test]
async fn an_end_is_told_to_who_polls_as_to_others() {
    let lab = lab().await?;
    let mut unlike = Vec::new();
    for how in ["disconnect", "close", "hang_up"] {
        let end = format!("[\"end\",{{\"how\":\"{how}\"}}]");
        let client = Plain::come(&lab, "token-ada").await?;
        client.sends(&end);
        lab.settle().await;
        let told = match client.0.closed().await.close_code {
            Some(code) => code.to_string(),
            None => "nothing".to_owned(),
        };
        let secret = open(&lab).await?;
        post(&lab, &secret, 1, &end).await?;
        let polled = poll(&lab, &secret, 1).await?;
        unlike.push(format!("{how}: websocket {told}, poll {} {}", polled.status, polled.text()));
    }
    assert!(unlike[0].contains("4410") && unlike[0].contains("disconnected"), "{unlike:?}");
    assert!(unlike[2].contains("4500") && unlike[2].contains("internal"), "{unlike:?}");
}

mod at_once {
    use salon_tests::{Result, in_process::InProcess, raw_http, raw_http::Request};

    use super::*;
    use crate::parlour::app;

    struct Stage {
        server: InProcess,
        secret: String,
    }

    impl Stage {
        async fn set(salon: &Salon) -> Result<Self> {
            let server = InProcess::start(salon, 2)?;
            let secret = Self::open(&server).await?;
            Ok(Self { server, secret })
        }

        async fn open(server: &InProcess) -> Result<String> {
            let opened = Request::new("GET", "/salon/events").header("accept", NDJSON);
            let opened = opened.header("authorization", ADA).send(server.address()).await?;
            let welcome: Value = serde_json::from_str(&opened.text())?;
            Ok(welcome[1]["secret"].as_str().ok_or("a secret")?.to_owned())
        }

        async fn poll(&self, has: u64) -> Result<raw_http::Response> {
            let poll = Request::new("GET", "/salon/events").header("accept", NDJSON);
            let poll = poll.header("salon-session", &self.secret);
            poll.header("salon-ack", &has.to_string()).send(self.server.address()).await
        }

        async fn post(&self, seq: u64, body: &str) -> Result<raw_http::Response> {
            let post = Request::new("POST", "/salon/send").header("salon-session", &self.secret);
            post.header("salon-seq", &seq.to_string()).body(body).send(self.server.address()).await
        }
    }

    const MANY: u64 = 600;

    /// Polls singly and two and three at once, loses every third response, and hears everything once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_lost_nor_doubled_between_polls_that_come_at_once() -> Result<()> {
        let stage = Arc::new(Stage::set(&app().0.build()?).await?);
        let posting = {
            let stage = stage.clone();
            tokio::spawn(async move {
                for seq in 1..=MANY {
                    let body = format!("[{seq},\"count\"]");
                    let posted = stage.post(seq, &body).await.expect("a response");
                    assert_eq!(posted.status, 202, "{}", posted.text());
                }
            })
        };
        let (mut has, mut heard, mut turn) = (1, Vec::new(), 0_u64);
        while heard.len() < usize::try_from(MANY)? {
            turn += 1;
            let polls = 1 + turn % 3;
            let polled = (0..polls).map(|_| {
                let stage = stage.clone();
                tokio::spawn(async move { stage.poll(has).await.map_err(|it| it.to_string()) })
            });
            let polled: Vec<_> = polled.collect();
            let mut batch: Option<(u64, String)> = None;
            for polled in polled {
                let polled = polled.await??;
                match polled.status {
                    200 => {
                        let number = polled.header("salon-last").ok_or("a number")?.parse()?;
                        let text = polled.text();
                        if let Some(other) = &batch {
                            assert_eq!(
                                (number, &text),
                                (other.0, &other.1),
                                "one number, one batch"
                            );
                        }
                        batch = Some((number, text));
                    }
                    204 => {}
                    409 => assert!(polled.text().contains("one_at_a_time"), "{}", polled.text()),
                    status => panic!("{status}: {}", polled.text()),
                }
            }
            if turn % 5 == 0 {
                continue;
            }
            if let Some((number, text)) = batch {
                assert_eq!(number, has + 1);
                has = number;
                heard.extend(text.lines().map(str::to_owned));
            }
        }
        posting.await?;
        let numbers: Vec<i64> = heard
            .iter()
            .map(|it| {
                -serde_json::from_str::<Value>(it).expect("JSON")[0].as_i64().expect("a number")
            })
            .collect();
        assert_eq!(numbers, (1..=i64::try_from(MANY)?).collect::<Vec<_>>());
        Ok(())
    }

    /// The end races with polls: what was said before comes first, then the bye, and nothing is left.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_end_that_races_with_a_poll_loses_nothing() -> Result<()> {
        let salon = app().0.build()?;
        let mut stage = Stage::set(&salon).await?;
        for turn in 0..150_u64 {
            stage.secret = Stage::open(&stage.server).await?;
            let post = async {
                tokio::time::sleep(Duration::from_micros(turn * 13)).await;
                stage.post(1, "[1,\"count\"]\n[\"end\",{\"how\":\"disconnect\"}]").await
            };
            let polls = async {
                let (mut has, mut heard) = (1, Vec::new());
                loop {
                    let polled = stage.poll(has).await?;
                    match polled.status {
                        200 => {
                            has = polled.header("salon-last").ok_or("a number")?.parse()?;
                            heard.extend(polled.text().lines().map(str::to_owned));
                        }
                        204 => {}
                        404 => return Ok::<_, Box<dyn std::error::Error + Send + Sync>>(heard),
                        status => panic!("{status}: {}", polled.text()),
                    }
                    if heard.iter().any(|it| it.contains("salon:bye")) {
                        return Ok(heard);
                    }
                }
            };
            let (posted, heard) = tokio::join!(post, polls);
            let (posted, heard) = (posted?, heard?);
            assert_eq!(posted.status, 202);
            assert_eq!(heard.len(), 2, "{heard:?}");
            assert!(heard[0].starts_with("[-1,") && heard[1].contains("disconnected"), "{heard:?}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(salon.connections() <= 1, "{} are left", salon.connections());
        Ok(())
    }

    /// A poll whose place another has taken is left by its client: the other is held on. Which of the two the
    /// server sees first is not for the test to say, so that this proves nothing by itself.
    #[ignore = "a race, see the report"]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_poll_that_was_replaced_takes_nothing_with_it_when_its_client_leaves() -> Result<()> {
        use tokio::{io::AsyncWriteExt as _, net::TcpStream};
        let salon = app().0.build()?;
        let mut stage = Stage::set(&salon).await?;
        let mut lost = 0;
        for turn in 0..200_u64 {
            stage.secret = Stage::open(&stage.server).await?;
            let to = stage.server.address();
            let request = format!(
                "GET /salon/events HTTP/1.1\r\nhost: {to}\r\naccept: {NDJSON}\r\nsalon-session: {}\r\nsalon-ack: 1\r\n\r\n",
                stage.secret
            );
            let mut first = TcpStream::connect(to).await?;
            first.write_all(request.as_bytes()).await?;
            let mut second = TcpStream::connect(to).await?;
            tokio::time::sleep(Duration::from_millis(3)).await;
            // The second comes first.
            second.write_all(request.as_bytes()).await?;
            let wait = std::time::Instant::now();
            while wait.elapsed() < Duration::from_micros(10 * turn) {
                std::hint::spin_loop();
            }
            drop(first);
            tokio::time::sleep(Duration::from_millis(5)).await;
            let posted = stage.post(1, "[1,\"count\"]").await?;
            if posted.status != 202 {
                lost += 1;
                println!("lost at {} µs", 10 * turn);
            }
        }
        assert_eq!(lost, 0, "of 200 connections");
        Ok(())
    }
}

/// A value as both formats have it: bytes as base64.
fn as_json(value: &Any) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    match value {
        Any::Binary(bytes) => json!(STANDARD.encode(&**bytes)),
        Any::Array(values) => values.iter().map(as_json).collect(),
        Any::Object(entries) => {
            Value::Object(entries.iter().map(|(key, it)| (key.clone(), as_json(it))).collect())
        }
        other => serde_json::to_value(other).expect("JSON"),
    }
}

/// Without what each session has of its own.
fn normal(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(normal),
        Value::Object(entries) => {
            for own in ["session", "secret", "send", "epoch"] {
                entries.remove(own);
            }
            entries.values_mut().for_each(normal);
        }
        _ => {}
    }
}

/// The same happening is told alike, in the same order.
#[salon::test]
async fn all_wires_are_told_the_same() {
    let mut told: Vec<(Wire, Vec<Value>)> = Vec::new();
    for wire in [Wire::Plain, Wire::PlainMsgpack, Wire::EventStream, Wire::PlainPolling] {
        let lab = lab().await?;
        let client = lab.visitor().wire(wire).header("authorization", ADA).open().await?;
        let send = |frame: &Value| match wire {
            Wire::PlainMsgpack => says(&client, frame),
            _ => client.send_raw(Message::Text(frame.to_string().into())),
        };
        for frame in [
            json!([1, "chat:join", { "room": "a" }]),
            json!(["chat:say", { "room": "a", "text": "x" }]),
            json!([2, "chat:say", { "room": "a", "text": "y", "to_others": true }]),
            json!(["refuse", { "code": "busy", "retry_after_ms": 7 }]),
            json!([3, "refuse", { "code": "panic" }]),
            json!([4, "nonsense"]),
            json!(["salon:leave", { "room": "chat:b" }]),
            json!([5, "salon:replay", { "room": "chat:a", "epoch": "zzz", "after": 0 }]),
            json!([6, "hall:enter", { "hall": 1 }]),
            json!([7, "turn", { "bytes": "AQL/" }]),
            json!([8, "consult"]),
            json!([-1, null, { "code": "no", "message": "no" }]),
            json!([9, "consult"]),
            json!([-2, "green"]),
            json!([10, "pay", { "amount": 1 }, { "$": { "key": "a" } }]),
            json!([11, "pay", { "amount": 1 }, { "$": { "key": "a" } }]),
            json!([12, "rare"]),
            json!([13, "rare"]),
            json!([14, "greet", 7]),
            json!([15, "salon:refresh", { "token": "nonsense" }]),
            json!(["end", { "how": "disconnect" }]),
        ] {
            send(&frame);
            lab.settle().await;
        }
        let mut heard = Vec::new();
        loop {
            let mut frame = match client.expect_raw().await {
                Message::Text(text) => serde_json::from_str(&text)?,
                Message::Binary(bytes) => as_json(&rmp_serde::from_slice(&bytes).expect("a value")),
            };
            normal(&mut frame);
            let is_last = frame[0] == "salon:bye";
            heard.push(frame);
            if is_last {
                break;
            }
        }
        told.push((wire, heard));
    }
    let (_, first) = &told[0];
    for (wire, heard) in &told[1..] {
        for (one, other) in first.iter().zip(heard) {
            assert_eq!(one, other, "{wire:?}");
        }
        assert_eq!(first.len(), heard.len(), "{wire:?}");
    }
    assert!(first.len() > 20, "{first:#?}");
}

/// What came in one format is replayed in the other.
#[salon::test]
async fn history_is_replayed_in_the_format_of_who_asks() {
    let lab = lab().await?;
    let json = Plain::come(&lab, "token-eve").await?;
    json.says(&json!([1, "chat:join", { "room": "a" }]));
    let joined = json.hears_of("salon:joined").await;
    json.is_answered(1).await;
    for text in 1..=3 {
        json.says(&json!([9, "chat:say", { "room": "a", "text": text.to_string() }]));
        json.is_answered(9).await;
    }
    let client = packed(&lab).await;
    let after = json!({ "$": { "after": { "epoch": joined["epoch"], "seq": 1 } } });
    says(&client, &json!([1, "chat:join", { "room": "a" }, after]));
    let joined = heard(&client).await;
    assert_eq!(
        (&joined[1]["resumed"], &joined[1]["replay"]),
        (&json!(true), &json!(2)),
        "{joined}"
    );
    for text in ["2", "3"] {
        let said = heard(&client).await;
        assert_eq!((&said[0], &said[1]["text"]), (&json!("chat:said"), &json!(text)));
    }
    assert_eq!(heard(&client).await, json!([-1, true]));
    says(&client, &json!([2, "chat:say", { "room": "a", "text": "4" }]));
    heard(&client).await;
    heard(&client).await;
    json.hears_of("chat:said").await;
    json.says(&json!([2, "salon:replay", { "room": "chat:a", "epoch": joined[1]["epoch"], "after": 2, "to": 4 }]));
    assert_eq!(json.hears_of("chat:said").await["text"], "3");
    assert_eq!(json.hears_of("chat:said").await["text"], "4");
    json.is_answered(2).await;
}

/// Messages that no encoder writes: each ends its connection alone, or is an event like others.
#[salon::test]
async fn whatever_comes_as_msgpack_is_a_frame_or_ends_its_connection_by_a_bye() {
    let lab = lab().await?;
    let mut nested = vec![0x92, 0xa1, b'a'];
    nested.extend([0x91; 200_000]);
    let hostile: Vec<Vec<u8>> = vec![
        vec![0x92, 0xa1, b'a', 0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xc6, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0x92, 0xa1, b'a', 0xc9, 0xff, 0xff, 0xff, 0xff, 1],
        vec![0x92, 0xa1, b'a', 0xc1],
        vec![0x92, 0xa1, b'a', 0xc7, 0, 5],
        vec![0x92, 0xa1, b'a', 0x81, 1, 2],
        vec![0x92, 0xa1, b'a', 0x81, 0xc0, 2],
        vec![0x92, 0xc4, 1, b'a', 1],
        vec![0x92, 0xa1, 0xff, 1],
        vec![0x81, 0xa1, b'a', 1],
        vec![0xca, 0, 0, 0, 0],
        vec![0x92, 0xca, 0x3f, 0x80, 0, 0, 0xa1, b'a'],
        vec![0x92, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 0xa1, b'a'],
        vec![0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a'],
        vec![0x92, 0xd4, 0, 0, 0xa1, b'a'],
        vec![0x90, 0x90],
        vec![0x91, 0x90],
        nested,
    ];
    for bytes in hostile {
        let client = packed(&lab).await;
        let shown = format!("{:x?}", &bytes[..bytes.len().min(16)]);
        client.send_raw(Message::Binary(bytes.into()));
        says(&client, &json!([1, "count"]));
        let frame = heard(&client).await;
        assert_eq!(
            (&frame[0], &frame[1]["code"]),
            (&json!("salon:bye"), &json!("bad_frame")),
            "{shown}: {frame}"
        );
    }
    // Fakes beside the real thing.
    let client = packed(&lab).await;
    let fake = json!({ "_placeholder": true, "num": 0 });
    says(&client, &json!([1, "turn", { "bytes": fake }]));
    assert_eq!(heard(&client).await[2]["code"], "invalid_payload");
    let mut both =
        b"\x93\x02\xa4turn\x82\xa5bytes\x82\xac_placeholder\xc3\xa3num\x00\xa5other\xc4\x01\x07"
            .to_vec();
    client.send_raw(Message::Binary(std::mem::take(&mut both).into()));
    assert!(heard_bytes(&client).await.starts_with(b"\x92\xa6turned"));
}

/// Bytes are bin here and nothing else is: what a user has written stays what it is.
#[salon::test]
async fn a_map_that_looks_like_a_placeholder_is_a_map() {
    let lab = asking().await;
    let mut wrong = Vec::new();
    for number in [0_u8, 5] {
        let client = packed(&lab).await;
        // [1,"echo",{"a":<07>,"b":{"_placeholder":true,"num":number}}]
        let fake = [&b"\x82\xac_placeholder\xc3\xa3num"[..], &[number]].concat();
        let echo = [&b"\x93\x01\xa4echo\x82\xa1a\xc4\x01\x07\xa1b"[..], &fake].concat();
        client.send_raw(Message::Binary(echo.into()));
        let told = heard_bytes(&client).await;
        if !told.ends_with(&fake) {
            wrong.push((number, String::from_utf8_lossy(&told).into_owned()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The same from an app: text of a user's in JSON, beside bytes.
#[salon::test]
async fn what_an_app_publishes_beside_bytes_is_a_map_still() {
    let lab = asking().await;
    let (json, client) = (Plain::come(&lab, "token-ada").await?, packed(&lab).await);
    let fake =
        || Any::Object(vec![("_placeholder".into(), Any::Bool(true)), ("num".into(), 0.into())]);
    lab.salon().namespace("/").emit_named("it", (Binary::from(vec![7]), fake()));
    let expected = json!(["it", "Bw==", { "_placeholder": true, "num": 0 }]);
    let told = as_json(&rmp_serde::from_slice(&heard_bytes(&client).await)?);
    assert_eq!((json.hears().await, told), (expected.clone(), expected));
}

#[salon::test]
async fn whoever_leaves_while_it_is_asked_who_it_is_leaves_nothing() {
    let lab = lab().await?;
    let visitor = lab.visitor().header("accept", NDJSON);
    let slow = "[\"salon:connect\",{\"token\":\"slow-ada\"}]";
    let opened = visitor.request(Method::POST, "/salon/events", slow).await;
    assert!(matches!(opened, Err(ConnectError::Unanswered(_))));
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

/// Of the whole process; so that nothing else is to run beside it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    4096 * status.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok()).expect("a number")
}

/// What was acknowledged is not held for as long as nothing comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_poller_holds_nothing_of_what_it_has_acknowledged() -> salon_tests::Result<()> {
    use salon_tests::{in_process::InProcess, raw_http::Request};
    let server = InProcess::start(&crate::parlour::app().0.build()?, 2)?;
    let to = server.address();
    let get = || {
        Request::new("GET", "/salon/events").header("accept", NDJSON).header("authorization", ADA)
    };
    let poll =
        |secret: &str, has: &str| get().header("salon-session", secret).header("salon-ack", has);
    let mut secrets = Vec::new();
    for _ in 0..80 {
        let welcome: Value = serde_json::from_str(&get().send(to).await?.text())?;
        secrets.push(welcome[1]["secret"].as_str().ok_or("a secret")?.to_owned());
    }
    let before = resident();
    let mut held = Vec::new();
    for secret in &secrets {
        let post = Request::new("POST", "/salon/send").header("salon-session", secret);
        let flood = r#"["flood",{"bytes":900000,"times":1}]"#;
        let posted = post.header("salon-seq", "1").body(flood).send(to).await?;
        assert_eq!(posted.status, 202);
        let polled = poll(secret, "1").send(to).await?;
        assert!(polled.status == 200 && polled.body.len() > 900_000);
        drop(polled);
        let next = poll(secret, "2");
        held.push(tokio::spawn(async move { next.send(to).await.map(|it| it.status).ok() }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < 30_000_000, "80 idle connections hold {grown} bytes more");
    Ok(())
}

/// "each side counts its own, from 1".
#[salon::test]
async fn questions_are_counted_for_each_client_from_one() {
    let lab = asking().await;
    for _ in 0..2 {
        let client = Plain::come(&lab, "token-ada").await?;
        client.says(&json!([1, "try", { "what": "sure" }]));
        assert_eq!(client.hears().await, json!([1, "sure"]));
    }
}

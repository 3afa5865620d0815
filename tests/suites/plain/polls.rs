//! The plain protocol by long polling: nothing is lost where a response is, and nothing comes twice to who says
//! what it has.

use std::time::Duration;

use actix_web::http::Method;
use salon::{
    Salon,
    config::Origins,
    testing::{ConnectError, Lab, Response, Visitor, Wire},
};
use salon_tests::{
    Result,
    event_stream::EventStream,
    in_process::InProcess,
    raw_http::{self, Request},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    parlour::{SECOND, app},
    plain::{body, lab, lab_with},
};

pub(crate) const NDJSON: &str = "application/x-ndjson";

fn visitor(lab: &Lab) -> Visitor<'_> {
    let visitor = lab.visitor().header("accept", NDJSON);
    visitor.header("authorization", "Bearer token-ada")
}

/// The frames of a response.
pub(crate) fn frames(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a frame")).collect()
}

/// A client in the lab that polls by hand.
pub(crate) struct Poller<'a> {
    lab: &'a Lab,
    pub(crate) secret: String,
    posted: u64,
}

impl<'a> Poller<'a> {
    pub(crate) async fn open(lab: &'a Lab) -> std::result::Result<Self, ConnectError> {
        let opened = visitor(lab).request(Method::GET, "/salon/events", "").await?;
        assert_eq!((opened.status.as_u16(), last(&opened)), (200, 1));
        assert_eq!(opened.headers.get("content-type").expect("it has a type"), NDJSON);
        let frames = frames(&opened.text());
        assert_eq!((frames.len(), &frames[0][0]), (1, &json!("salon:welcome")));
        let welcome = &frames[0][1];
        assert_eq!((&welcome["user"], &welcome["send"]), (&json!("ada"), &json!("/salon/send")));
        let secret = welcome["secret"].as_str().expect("a secret").to_owned();
        Ok(Self { lab, secret, posted: 0 })
    }

    /// Polls, and says that it has that batch. While nothing has come that is no answer.
    pub(crate) async fn poll(
        &self,
        has: impl ToString,
    ) -> std::result::Result<Response, ConnectError> {
        let visitor = visitor(self.lab).header("salon-session", &self.secret);
        let visitor = visitor.header("salon-ack", &has.to_string());
        visitor.request(Method::GET, "/salon/events", "").await
    }

    pub(crate) async fn post(&mut self, body: &str) -> std::result::Result<(), ConnectError> {
        self.posted += 1;
        let visitor = self.lab.visitor().header("salon-session", &self.secret);
        let visitor = visitor.header("salon-seq", &self.posted.to_string());
        let posted = visitor.request(Method::POST, "/salon/send", body.to_owned()).await?;
        assert_eq!(posted.status, 202, "{}", posted.text());
        self.lab.settle().await;
        Ok(())
    }
}

fn last(response: &Response) -> u64 {
    let last = response.headers.get("salon-last").expect("it is numbered");
    last.to_str().expect("a number").parse().expect("a number")
}

fn is_unanswered(polled: &std::result::Result<Response, ConnectError>) -> bool {
    matches!(polled, Err(ConnectError::Unanswered(_)))
}

#[salon::test]
async fn what_is_not_acknowledged_comes_again_as_it_was_and_what_is_does_not() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    client.post("[1,\"count\"]\n[2,\"count\"]").await?;
    let first = client.poll(1).await?;
    assert_eq!((last(&first), frames(&first.text())), (2, vec![json!([-1, 1]), json!([-2, 2])]));
    client.post("[3,\"count\"]").await?;
    for _ in 0..3 {
        let again = client.poll(1).await?;
        assert_eq!((last(&again), again.text()), (2, first.text()), "its response was lost");
    }
    let second = client.poll(2).await?;
    assert_eq!((last(&second), frames(&second.text())), (3, vec![json!([-3, 3])]));
    client.post("[4,\"count\"]").await?;
    let third = client.poll(3).await?;
    assert_eq!((last(&third), frames(&third.text())), (4, vec![json!([-4, 4])]));
    assert!(is_unanswered(&client.poll(4).await), "there is nothing more");
}

#[salon::test]
async fn who_loses_count_is_told_so_and_loses_nothing() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    client.post("[1,\"count\"]").await?;
    for wrong in ["", "x", "-1", "1.0", "18446744073709551616"] {
        let refused = client.poll(wrong).await?;
        assert_eq!(
            (refused.status.as_u16(), &body(&refused)["code"]),
            (400, &json!("invalid_payload"))
        );
    }
    let without = visitor(&lab).header("salon-session", &client.secret);
    let without = without.request(Method::GET, "/salon/events", "").await?;
    assert_eq!(without.status, 400);
    for wrong in [2, 7, u64::MAX] {
        let gap = client.poll(wrong).await?;
        let told = body(&gap);
        assert_eq!(
            (gap.status.as_u16(), &told["code"], &told["expected"]),
            (409, &json!("gap"), &json!(1))
        );
    }
    assert_eq!(frames(&client.poll(1).await?.text()), [json!([-1, 1])]);
    client.post("[2,\"count\"]").await?;
    assert_eq!(frames(&client.poll(2).await?.text()), [json!([-2, 2])]);
    assert_eq!(client.poll(1).await?.status, 409, "what was acknowledged is there no more");
}

#[salon::test]
async fn who_polls_on_stays_and_who_does_not_is_gone_with_the_heartbeat() {
    let lab = lab().await?;
    let client = lab.visitor().wire(Wire::PlainPolling).auth(json!({ "token": "token-ada" }));
    let client = client.connect().await?;
    lab.advance(1_000 * SECOND).await;
    assert!(client.is_connected(), "a poll that nothing has come for has its answer, and the next");
    let mut stays_away = Poller::open(&lab).await?;
    for _ in 0..4 {
        stays_away.post("[]").await?;
        lab.advance(10 * SECOND).await;
    }
    assert_eq!(lab.salon().connections(), 2);
    lab.advance(5 * SECOND).await;
    let gone = stays_away.poll(1).await?;
    let told = (gone.status.as_u16(), &body(&gone)["code"]);
    assert_eq!(told, (404, &json!("gone")), "who posts does not show that it is told anything");
    assert_eq!(lab.salon().connections(), 1);
}

#[salon::test]
async fn a_poll_that_nothing_has_come_for_is_a_204() {
    let lab = lab().await?;
    let client = Poller::open(&lab).await?;
    lab.advance(25 * SECOND).await;
    let nothing = client.poll(1).await?;
    assert_eq!((nothing.status.as_u16(), nothing.text()), (204, String::new()));
}

#[salon::test]
async fn whoever_gives_up_a_poll_that_is_held_has_left() {
    let lab = lab().await?;
    let client = Poller::open(&lab).await?;
    assert!(is_unanswered(&client.poll(1).await), "it is given up");
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
    assert_eq!(client.poll(1).await?.status, 404);
}

#[salon::test]
async fn a_connection_is_polled_by_its_secret_alone_and_by_no_other_kind_of_client() {
    let lab = lab().await?;
    let client = Poller::open(&lab).await?;
    for secret in ["", "nonsense", &client.secret[1..]] {
        let polled = visitor(&lab).header("salon-session", secret).header("salon-ack", "1");
        let polled = polled.request(Method::GET, "/salon/events", "").await?;
        assert_eq!((polled.status.as_u16(), &body(&polled)["code"]), (404, &json!("gone")));
    }
    let posted = visitor(&lab).header("salon-session", &client.secret).header("salon-ack", "1");
    assert_eq!(posted.request(Method::POST, "/salon/events", "").await?.status, 405);
    let engine = format!("/socket.io/?EIO=4&transport=polling&sid={}", client.secret);
    assert_eq!(lab.visitor().request(Method::GET, &engine, "").await?.status, 400);
    assert_eq!(lab.salon().connections(), 1, "and it is there still");
}

#[salon::test]
async fn whoever_is_not_let_in_is_told_so_by_the_status() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_connections = 1)).await?;
    let ask = async |token: &str| {
        let visitor = lab.visitor().header("accept", NDJSON).header("authorization", token);
        visitor.request(Method::GET, "/salon/events", "").await
    };
    for (token, status, code) in
        [("Bearer none", 401, "unauthorized"), ("Bearer denied-ada", 403, "forbidden")]
    {
        let refused = ask(token).await?;
        assert_eq!((refused.status.as_u16(), &body(&refused)["code"]), (status, &json!(code)));
    }
    let visitor = lab.visitor().header("accept", NDJSON);
    let nonsense = visitor.request(Method::POST, "/salon/events", "[\"salon:connect\",7]").await?;
    assert_eq!(nonsense.status, 400);
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
    let _client = Poller::open(&lab).await?;
    assert_eq!(
        ask("Bearer token-eve").await?.status,
        503,
        "there is no 200 for who reads a status"
    );
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 1);
}

#[salon::test]
async fn the_end_is_the_last_line_and_then_there_is_nothing() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    client.post("[1,\"count\"]").await?;
    lab.salon().namespace("/").disconnect();
    lab.settle().await;
    let rest = client.poll(1).await?;
    assert_eq!(frames(&rest.text()), [json!([-1, 1])], "what waited comes first");
    let bye = client.poll(2).await?;
    let expected = json!(["salon:bye", { "code": "disconnected", "retry": "never" }]);
    assert_eq!((last(&bye), frames(&bye.text())), (3, vec![expected]));
    assert_eq!(client.poll(3).await?.status, 404);
    assert_eq!(lab.salon().connections(), 0);
    let mut client = Poller::open(&lab).await?;
    client.post("[\"salon:bye\"]").await?;
    assert_eq!(client.poll(1).await?.status, 404, "it has said goodbye itself");
}

#[salon::test]
async fn a_batch_is_no_larger_than_what_may_be_taken_at_once() {
    let lab = lab().await?;
    let mut client = Poller::open(&lab).await?;
    client.post("[1,\"chat:join\",{\"room\":\"a\"}]").await?;
    let mut has = last(&client.poll(1).await?);
    for _ in 0..5 {
        let say = json!([2, "chat:say", { "room": "a", "text": "x".repeat(10_000) }]);
        client.post(&say.to_string()).await?;
    }
    let mut said = 0;
    while let Ok(batch) = client.poll(has).await {
        has = last(&batch);
        let text = batch.text();
        assert!(text.len() < 16 * 1024, "{} bytes", text.len());
        said += frames(&text).iter().filter(|frame| frame[0] == "chat:said").count();
    }
    assert_eq!(said, 5);
}

#[salon::test]
async fn where_polling_is_not_offered_there_is_none() {
    let lab = lab_with(|it| it.transports(|transports| transports.polling = false)).await?;
    let refused = visitor(&lab).request(Method::GET, "/salon/events", "").await?;
    assert_eq!(refused.status, 400);
}

/// A server, and a client of it that polls over sockets.
pub(crate) struct Stage {
    pub(crate) server: InProcess,
    pub(crate) secret: String,
}

impl Stage {
    pub(crate) async fn set(salon: &Salon) -> Result<Self> {
        let server = InProcess::start(salon, 2)?;
        let secret = Self::open(&server).await?;
        Ok(Self { server, secret })
    }

    /// The secret of another connection.
    pub(crate) async fn open(server: &InProcess) -> Result<String> {
        let opened = Request::new("GET", "/salon/events").header("accept", NDJSON);
        let opened = opened.header("authorization", "Bearer token-ada");
        let opened = opened.send(server.address()).await?;
        assert_eq!(opened.header("salon-last"), Some("1"));
        let welcome: Value = serde_json::from_str(&opened.text())?;
        Ok(welcome[1]["secret"].as_str().ok_or("a secret")?.to_owned())
    }

    pub(crate) async fn poll(&self, has: u64) -> Result<raw_http::Response> {
        let poll = Request::new("GET", "/salon/events").header("accept", NDJSON);
        let poll = poll.header("salon-session", &self.secret);
        poll.header("salon-ack", &has.to_string()).send(self.server.address()).await
    }

    pub(crate) async fn post(&self, seq: u64, body: &str) -> Result<raw_http::Response> {
        let post = Request::new("POST", "/salon/send").header("salon-session", &self.secret);
        post.header("salon-seq", &seq.to_string()).body(body).send(self.server.address()).await
    }
}

#[tokio::test]
async fn a_poll_is_held_until_something_comes() -> Result<()> {
    let stage = Stage::set(&app().0.build()?).await?;
    for turn in 1..=3 {
        let say = async {
            sleep(Duration::from_millis(50)).await;
            stage.post(turn, "[1,\"count\"]").await
        };
        let (polled, posted) = tokio::join!(stage.poll(turn), say);
        assert_eq!(posted?.status, 202);
        let polled = polled?;
        assert_eq!(polled.header("salon-last"), Some(&*(turn + 1).to_string()));
        assert_eq!(frames(&polled.text()), [json!([-1, turn])]);
    }
    Ok(())
}

#[tokio::test]
async fn of_two_polls_the_later_gets_what_comes() -> Result<()> {
    let stage = Stage::set(&app().0.build()?).await?;
    let later = async {
        sleep(Duration::from_millis(100)).await;
        let say = async {
            sleep(Duration::from_millis(100)).await;
            stage.post(1, "[1,\"count\"]").await
        };
        let (polled, posted) = tokio::join!(stage.poll(1), say);
        posted?;
        polled
    };
    let (earlier, later) = tokio::join!(stage.poll(1), later);
    let (earlier, later) = (earlier?, later?);
    let told: Value = serde_json::from_slice(&earlier.body)?;
    assert_eq!((earlier.status, &told["code"]), (409, &json!("one_at_a_time")));
    assert_eq!((later.status, frames(&later.text())), (200, vec![json!([-1, 1])]));
    Ok(())
}

#[tokio::test]
async fn a_server_that_shuts_down_says_so_to_who_polls() -> Result<()> {
    let salon = app().0.build()?;
    let stage = Stage::set(&salon).await?;
    let stop = async {
        sleep(Duration::from_millis(100)).await;
        salon.shutdown(SECOND).await;
    };
    let (polled, ()) = tokio::join!(stage.poll(1), stop);
    let polled = polled?;
    let bye = &frames(&polled.text())[0];
    assert_eq!((&bye[0], &bye[1]["code"]), (&json!("salon:bye"), &json!("shutting_down")));
    assert!(bye[1]["retry"]["after_ms"].is_number(), "{bye}");
    Ok(())
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_the_number() -> Result<()> {
    let listed = Origins::Listed(vec!["https://app.example".to_owned()]);
    let salon = app().0.origins(listed).build()?;
    let server = InProcess::start(&salon, 1)?;
    let open = Request::new("GET", "/salon/events").header("accept", NDJSON);
    let open = open.header("authorization", "Bearer token-ada");
    let opened = open.header("origin", "https://app.example").send(server.address()).await?;
    assert_eq!(opened.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(opened.header("access-control-expose-headers"), Some("salon-last"));
    Ok(())
}

#[tokio::test]
async fn a_stream_is_not_polled() -> Result<()> {
    let server = InProcess::start(&app().0.build()?, 1)?;
    let ada = "authorization: Bearer token-ada\r\n";
    let mut stream = EventStream::open(server.address(), "/salon/events", ada).await?;
    let welcome = stream.data().await?;
    let secret = welcome[1]["secret"].as_str().ok_or("a secret")?.to_owned();
    let stage = Stage { server, secret };
    assert_eq!(stage.poll(0).await?.status, 404);
    assert_eq!(stage.post(1, "[1,\"count\"]").await?.status, 202);
    assert_eq!(stream.data().await?, json!([-1, 1]));
    Ok(())
}

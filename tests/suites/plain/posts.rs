//! What a client posts that has a stream: taken once, in order, and of nobody else.

use std::{sync::Arc, time::Duration};

use actix_web::http::Method;
use salon::{
    Refusal, Salon,
    auth::{Handshake, Principal},
};
use salon_tests::{
    Result,
    event_stream::EventStream,
    in_process::InProcess,
    raw_http::{Request, Response, exchange, read_response},
};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::parlour::{Runs, SECOND, app};

const ADA: &str = "authorization: Bearer token-ada\r\n";

/// A server, and a stream of its.
struct Stage {
    server: InProcess,
    salon: Salon,
    runs: Runs,
    stream: EventStream,
    secret: String,
}

async fn by_header(request: Arc<Handshake>) -> std::result::Result<Principal, Refusal> {
    Ok(request.header("x-user").map_or_else(Principal::anonymous, Principal::named))
}

impl Stage {
    async fn set() -> Result<Self> {
        let (builder, runs, _) = app();
        let builder = builder.limits(|limits| limits.max_payload = 10_000);
        let salon = builder.allow_request(by_header).build()?;
        let server = InProcess::start(&salon, 2)?;
        let headers = format!("{ADA}x-user: ada\r\n");
        let mut stream = EventStream::open(server.address(), "/salon/events", &headers).await?;
        let welcome = stream.data().await?;
        let secret = welcome[1]["secret"].as_str().ok_or("a secret")?.to_owned();
        Ok(Self { server, salon, runs, stream, secret })
    }

    fn request(&self, seq: &impl ToString) -> Request {
        let request = Request::new("POST", "/salon/send").header("x-user", "ada");
        request.header("salon-session", &self.secret).header("salon-seq", &seq.to_string())
    }

    async fn post(&self, seq: impl ToString, body: &str) -> Result<Response> {
        self.request(&seq).body(body).send(self.server.address()).await
    }
}

fn code(response: &Response) -> Value {
    serde_json::from_str::<Value>(&response.text()).map_or(Value::Null, |mut it| it["code"].take())
}

#[tokio::test]
async fn a_batch_is_taken_once_and_in_order() -> Result<()> {
    let mut stage = Stage::set().await?;
    let answer = stage.post(1, "[1,\"count\"]\n[2,\"count\"]").await?;
    assert_eq!((answer.status, &*answer.text()), (202, ""));
    for id in 1..=2 {
        assert_eq!(stage.stream.data().await?, json!([-id, id]));
    }
    // Its answer was lost.
    let again = stage.post(1, "[1,\"count\"]\n[2,\"count\"]").await?;
    assert_eq!((again.status, &*again.text()), (200, "{\"duplicate\":true}"));
    let gap = stage.post(3, "[3,\"count\"]").await?;
    let told: Value = serde_json::from_slice(&gap.body)?;
    assert_eq!((gap.status, &told["expected"], &told["code"]), (409, &json!(2), &json!("gap")));
    assert_eq!(stage.post(2, "[4,\"count\"]").await?.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-4, 3]));
    assert_eq!(stage.post(3, "").await?.status, 202, "a batch may be empty");
    assert_eq!(stage.post(4, "[]\n[5,\"count\"]").await?.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-5, 4]), "who has a stream hears that it lives");
    assert_eq!(stage.runs.count(), 4);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_batch_is_told_and_the_stream_goes_on() -> Result<()> {
    let mut stage = Stage::set().await?;
    for seq in ["0", "-1", "x", "", "18446744073709551616", "1.0", " "] {
        let response = stage.post(seq, "[1,\"count\"]").await?;
        assert_eq!((response.status, code(&response)), (400, json!("invalid_payload")), "{seq}");
    }
    let without = Request::new("POST", "/salon/send").header("x-user", "ada");
    let without = without.header("salon-session", &stage.secret).body("[1,\"count\"]");
    assert_eq!(without.send(stage.server.address()).await?.status, 400);
    let many = stage.post(1, &" ".repeat(10_000)).await?;
    assert_eq!(many.status, 202, "as many bytes as may be");
    let large = stage.post(2, &"x".repeat(10_001)).await?;
    assert_eq!((large.status, code(&large)), (413, json!("limit_exceeded")));
    let chunked = format!(
        "POST /salon/send HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nsalon-session: {}\r\nsalon-seq: 2\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n2711\r\n{}\r\n0\r\n\r\n",
        stage.secret,
        "x".repeat(0x2711)
    );
    assert_eq!(exchange(stage.server.address(), chunked.as_bytes()).await?.status, 413);
    let no_text = stage.request(&2).body(vec![0xff, 0xfe]).send(stage.server.address()).await?;
    assert_eq!(no_text.status, 400);
    for method in ["GET", "PUT", "DELETE"] {
        let request = Request::new(method, "/salon/send").header("x-user", "ada");
        let request = request.header("salon-session", &stage.secret);
        assert_eq!(request.send(stage.server.address()).await?.status, 405, "{method}");
    }
    assert_eq!(stage.post(2, "[7,\"count\"]").await?.status, 202);
    while stage.stream.data().await? != json!([-7, 1]) {}
    Ok(())
}

#[tokio::test]
async fn more_frames_than_may_be_are_refused_as_a_whole() -> Result<()> {
    let (builder, runs, _) = app();
    let salon = builder.limits(|limits| limits.max_frames_per_message = 3).build()?;
    let server = InProcess::start(&salon, 1)?;
    let mut stream = EventStream::open(server.address(), "/salon/events", ADA).await?;
    let secret = stream.data().await?[1]["secret"].as_str().ok_or("a secret")?.to_owned();
    let post = async |frames: usize| {
        let request = Request::new("POST", "/salon/send").header("salon-session", &secret);
        let body = "[\"count\"]\n".repeat(frames);
        request.header("salon-seq", "1").body(body).send(server.address()).await
    };
    let refused = post(4).await?;
    assert_eq!((refused.status, code(&refused)), (400, json!("limit_exceeded")));
    assert_eq!(post(3).await?.status, 202, "it was not taken");
    while runs.count() < 3 {
        tokio::task::yield_now().await;
    }
    let many = "[\"count\"]\n".repeat(4);
    let opening = Request::new("POST", "/salon/events").header("authorization", "Bearer token-ada");
    assert_eq!(opening.body(many).send(server.address()).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn a_frame_that_is_none_ends_the_stream_with_a_bye() -> Result<()> {
    let mut stage = Stage::set().await?;
    assert_eq!(stage.post(1, "[1,\"count\"]\n{}\n[2,\"count\"]").await?.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-1, 1]));
    let bye = json!(["salon:bye", { "code": "bad_frame", "retry": "never" }]);
    assert_eq!(stage.stream.data().await?, bye);
    assert_eq!(stage.stream.event().await?, None);
    assert_eq!(stage.post(2, "[3,\"count\"]").await?.status, 404);
    assert_eq!(stage.runs.count(), 1);
    Ok(())
}

#[tokio::test]
async fn one_batch_is_under_way_at_a_time_and_the_stream_goes_on() -> Result<()> {
    let mut stage = Stage::set().await?;
    // The first does not come to its end.
    let mut slow = TcpStream::connect(stage.server.address()).await?;
    let head = format!(
        "POST /salon/send HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nsalon-session: {}\r\nsalon-seq: 1\r\n\
         content-length: 11\r\n\r\n[1,",
        stage.secret
    );
    slow.write_all(head.as_bytes()).await?;
    // Else it would be this one that finds another under way.
    sleep(Duration::from_millis(100)).await;
    let second = stage.post(2, "[2,\"count\"]").await?;
    assert_eq!((second.status, code(&second)), (409, json!("one_at_a_time")));
    slow.write_all(b"\"count\"]").await?;
    assert_eq!(read_response(&mut slow).await?.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-1, 1]));
    assert_eq!(stage.post(2, "[2,\"count\"]").await?.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-2, 2]));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_was_cut_off_was_not_taken() -> Result<()> {
    let mut stage = Stage::set().await?;
    let mut cut = TcpStream::connect(stage.server.address()).await?;
    let head = format!(
        "POST /salon/send HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nsalon-session: {}\r\nsalon-seq: 1\r\n\
         content-length: 21\r\n\r\n[1,\"count\"]\n",
        stage.secret
    );
    cut.write_all(head.as_bytes()).await?;
    sleep(Duration::from_millis(20)).await;
    drop(cut);
    let whole = async {
        loop {
            let response = stage.post(1, "[1,\"count\"]").await?;
            if response.status != 409 {
                return Ok::<_, salon_tests::Failure>(response);
            }
        }
    };
    assert_eq!(timeout(10 * SECOND, whole).await??.status, 202);
    assert_eq!(stage.stream.data().await?, json!([-1, 1]));
    assert_eq!(stage.runs.count(), 1);
    Ok(())
}

#[tokio::test]
async fn the_secret_of_another_principal_is_as_unknown_as_none() -> Result<()> {
    let stage = Stage::set().await?;
    let to = stage.server.address();
    for (user, secret) in [
        (Some("eve"), &*stage.secret),
        (None, &*stage.secret),
        (Some("ada"), "AAAAAAAAAAAAAAAAAAAA"),
        (Some("ada"), ""),
        (Some("ada"), "x"),
    ] {
        let mut request = Request::new("POST", "/salon/send").header("salon-seq", "1");
        request = request.header("salon-session", secret);
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        let response = request.body("[1,\"count\"]").send(to).await?;
        assert_eq!((response.status, code(&response)), (404, json!("gone")), "{user:?} {secret}");
    }
    // Nor is it one of Engine.IO's.
    for (method, transport) in [("GET", "polling"), ("POST", "polling"), ("GET", "websocket")] {
        let target = format!("/socket.io/?EIO=4&transport={transport}&sid={}", stage.secret);
        let response = Request::new(method, &target).header("x-user", "ada").send(to).await?;
        assert_eq!(response.status, 400, "{method} {transport}");
    }
    let foreign = stage.request(&1).header("origin", "http://evil.example").body("[1,\"count\"]");
    assert_eq!(foreign.send(to).await?.status, 403);
    assert_eq!(stage.salon.connections(), 1, "the stream goes on");
    assert_eq!(stage.post(1, "[1,\"count\"]").await?.status, 202);
    Ok(())
}

#[tokio::test]
async fn batches_behind_each_other_on_one_socket_are_taken_in_order() -> Result<()> {
    let mut stage = Stage::set().await?;
    let mut socket = TcpStream::connect(stage.server.address()).await?;
    let mut bytes = String::new();
    for seq in 1..=50 {
        let body = format!("[{seq},\"count\"]");
        bytes += &format!(
            "POST /salon/send HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nsalon-session: {}\r\n\
             salon-seq: {seq}\r\ncontent-length: {}\r\n\r\n{body}",
            stage.secret,
            body.len()
        );
    }
    socket.write_all(bytes.as_bytes()).await?;
    for seq in 1..=50 {
        assert_eq!(stage.stream.data().await?, json!([-seq, seq]));
    }
    Ok(())
}

#[salon::test]
async fn nobody_posts_to_a_connection_that_is_no_stream() {
    let lab = crate::plain::lab().await?;
    let visitor = lab.visitor().wire(salon::testing::Wire::Polling);
    let client = visitor.auth(json!({ "token": "token-ada" })).connect().await?;
    let ids: Vec<String> = client.id().into_iter().collect();
    for id in ids {
        let visitor = lab.visitor().header("salon-session", &id).header("salon-seq", "1");
        let response = visitor.request(Method::POST, "/salon/send", "[1,\"count\"]").await?;
        assert_eq!(response.status.as_u16(), 404);
    }
}

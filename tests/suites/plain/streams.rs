//! Streams of events: what an `EventSource` sees, and what it says when it comes back.

use std::time::Duration;

use actix_web::http::{Method, StatusCode, header::HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use salon::{
    Salon,
    auth::Identified,
    testing::{ConnectError, Lab, Wire},
};
use salon_tests::{
    Result, event_stream::EventStream, guests::Guest, in_process::InProcess, raw_http::Request,
};
use serde_json::json;

use crate::{
    parlour::{Chat, SECOND, Said, app},
    plain::{lab, lab_with},
};

const ADA: &str = "authorization: Bearer token-ada\r\n";

fn join(room: &str) -> String {
    let frame = json!(["chat:join", { "room": room }]).to_string();
    format!("/salon/events?join={}", utf8_percent_encode(&frame, NON_ALPHANUMERIC))
}

fn serve(
    change: impl FnOnce(salon::Builder<Identified<Guest>>) -> salon::Builder<Identified<Guest>>,
) -> Result<(Salon, InProcess)> {
    let salon = change(app().0).build()?;
    let server = InProcess::start(&salon, 2)?;
    Ok((salon, server))
}

async fn say(salon: &Salon, room: &str, text: &str) {
    salon.room::<Chat>(&room.to_owned()).broadcast(&Said { text: text.into() }).await;
}

#[tokio::test]
async fn one_stream_for_one_room_comes_back_by_the_id_of_the_last_event_alone() -> Result<()> {
    let (salon, server) = serve(|it| it)?;
    let mut stream = EventStream::open(server.address(), &join("a"), ADA).await?;
    for line in [
        "200 ok",
        "content-type: text/event-stream\r\n",
        "cache-control: no-store, no-transform\r\n",
        "x-accel-buffering: no\r\n",
        "content-encoding: identity\r\n",
    ] {
        assert!(stream.head.contains(line), "{line} in {}", stream.head);
    }
    let welcome = stream.event().await?.ok_or("a welcome")?;
    assert!(welcome.retry.is_some_and(|retry| (1_000..=5_000).contains(&retry)), "{welcome:?}");
    assert_eq!((&welcome.data[1]["send"], welcome.id), (&json!("/salon/send"), None));
    let joined = stream.event().await?.ok_or("a joining")?;
    let epoch = joined.data[1]["epoch"].as_str().ok_or("an epoch")?.to_owned();
    assert_eq!(joined.id, Some(format!("{epoch}.0.chat:a")));
    for text in ["1", "2"] {
        say(&salon, "a", text).await;
    }
    let mut last = None;
    for number in 1..=2 {
        let said = stream.event().await?.ok_or("an event")?;
        assert_eq!(said.id, Some(format!("{epoch}.{number}.chat:a")));
        let position = json!({ "room": "chat:a", "epoch": epoch, "seq": number });
        let text = number.to_string();
        assert_eq!(said.data, json!(["chat:said", { "text": text }, position]));
        last = said.id;
    }
    drop(stream);
    say(&salon, "a", "3").await;
    let headers = format!("{ADA}last-event-id: {}\r\n", last.ok_or("an id")?);
    let mut stream = EventStream::open(server.address(), &join("a"), &headers).await?;
    let joined = stream.named("salon:joined").await?;
    assert_eq!((&joined.data[1]["resumed"], &joined.data[1]["replay"]), (&json!(true), &json!(1)));
    assert_eq!(stream.named("chat:said").await?.data[1]["text"], "3");
    say(&salon, "a", "4").await;
    assert_eq!(stream.named("chat:said").await?.data[1]["text"], "4");
    Ok(())
}

#[tokio::test]
async fn an_id_that_is_none_of_ours_begins_anew() -> Result<()> {
    let (salon, server) = serve(|it| it)?;
    let mut first = EventStream::open(server.address(), &join("a"), ADA).await?;
    let joined = first.named("salon:joined").await?;
    let epoch = joined.data[1]["epoch"].as_str().ok_or("an epoch")?;
    say(&salon, "a", "1").await;
    let long = "x".repeat(8 * 1024);
    for (id, resumed) in [
        (format!("{epoch}.0.chat:a"), Some(true)),
        (format!("{epoch}.0.chat:b"), None),
        ("aaaaaaaaaa.0.chat:a".to_owned(), Some(false)),
        (format!("{epoch}.99.chat:a"), Some(false)),
        (format!("{epoch}.0.chat:a%00"), None),
        (format!("{epoch}.18446744073709551616.chat:a"), None),
        (format!("{epoch}.0.{long}"), None),
        (long, None),
        ("%00".to_owned(), None),
        ("..".to_owned(), None),
    ] {
        let headers = format!("{ADA}last-event-id: {id}\r\n");
        let mut stream = EventStream::open(server.address(), &join("a"), &headers).await?;
        assert!(stream.head.starts_with("http/1.1 200 "), "{id}: {}", stream.head);
        let joined = stream.named("salon:joined").await?;
        let found = joined.data[1].get("resumed").and_then(serde_json::Value::as_bool);
        assert!(found == resumed || resumed.is_none() && found == Some(false), "{id}: {joined:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_room_of_any_name_has_ids_of_one_line() -> Result<()> {
    let (_, server) = serve(|it| it)?;
    for room in ["a.b", "100%", "é", "with\nline\r\nends\u{0}", "x: y"] {
        let mut stream = EventStream::open(server.address(), &join(room), ADA).await?;
        let joined = stream.named("salon:joined").await?;
        assert_eq!(joined.data[1]["room"], format!("chat:{room}"));
        let headers = format!("{ADA}last-event-id: {}\r\n", joined.id.ok_or("an id")?);
        let mut stream = EventStream::open(server.address(), &join(room), &headers).await?;
        assert_eq!(stream.named("salon:joined").await?.data[1]["resumed"], true, "{room:?}");
    }
    Ok(())
}

#[salon::test]
async fn who_is_not_let_in_is_told_by_the_status() {
    let lab = lab().await?;
    let connect = |token: &str| json!(["salon:connect", { "token": token }]).to_string();
    for (method, body, status, code) in [
        (Method::GET, String::new(), 401, "unauthorized"),
        (Method::POST, String::new(), 401, "unauthorized"),
        (Method::POST, connect("wrong"), 401, "unauthorized"),
        (Method::POST, connect("denied"), 403, "forbidden"),
        (Method::POST, connect("broken"), 500, "internal"),
        (Method::POST, "[\"salon:connect\",7]".to_owned(), 400, "bad_frame"),
        (Method::POST, "[\"salon:connect\"".to_owned(), 400, "bad_frame"),
        (Method::POST, format!("[1,\"count\"]\n{}", connect("token-ada")), 401, "unauthorized"),
        (Method::PUT, connect("token-ada"), 405, "invalid_payload"),
        (Method::HEAD, String::new(), 405, ""),
        (Method::DELETE, String::new(), 405, "invalid_payload"),
    ] {
        let response = lab.visitor().request(method.clone(), "/salon/events", body.clone()).await?;
        assert_eq!(response.status.as_u16(), status, "{method} {body}: {}", response.text());
        assert!(response.text().contains(code), "{method} {body}: {}", response.text());
    }
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn a_stream_that_asks_for_a_token_in_its_body_is_opened_once_it_is_known() {
    let lab = lab().await?;
    let visitor = lab.visitor().wire(Wire::EventStream);
    let client = visitor.auth(json!({ "token": "slow-ada" })).within(2 * SECOND).connect().await?;
    assert!(client.is_connected());
    // The time that it takes to know may be longer than a heartbeat's.
    let lab = {
        drop(client);
        drop(lab);
        lab_with(|it| it.heartbeat(SECOND / 4, SECOND / 4)).await?
    };
    let visitor = lab.visitor().wire(Wire::EventStream);
    let client = visitor.auth(json!({ "token": "slow-ada" })).within(2 * SECOND).connect().await;
    assert!(client.is_ok(), "{:?}", client.err());
}

#[salon::test]
async fn while_there_is_no_room_a_get_is_told_when_to_come_back_by_a_200() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_connections = 1)).await?;
    let ada = || lab.visitor().header("authorization", "Bearer token-ada");
    let first = ada().connect().await?;
    let response = ada().request(Method::GET, "/salon/events", "").await?;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(
        response.headers.get("content-type").map(HeaderValue::as_bytes),
        Some(&b"text/event-stream"[..])
    );
    let text = response.text();
    assert!(text.starts_with("retry: ") && text.ends_with("\n\n"), "{text:?}");
    assert!(
        text.contains("data: [\"salon:bye\",{\"code\":\"too_many\",\"retry\":{\"after_ms\":"),
        "{text:?}"
    );
    for target in ["/salon/events", "/salon/call/count"] {
        let response = ada().request(Method::POST, target, "").await?;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE, "{target}");
    }
    first.close();
    lab.settle().await;
    let response = ada().request(Method::POST, "/salon/call/count", "").await?;
    assert_eq!(response.status, StatusCode::OK);
}

#[salon::test]
async fn while_the_server_goes_a_get_is_told_so_by_a_200() {
    let lab = lab().await?;
    let ada = || lab.visitor().header("authorization", "Bearer token-ada");
    lab.drive(lab.salon().shutdown(SECOND)).await;
    let response = ada().request(Method::GET, "/salon/events", "").await?;
    let text = response.text();
    assert_eq!(response.status, StatusCode::OK);
    assert!(text.starts_with("retry: ") && text.contains("\"shutting_down\""), "{text:?}");
    let refused = ada().request(Method::POST, "/salon/events", "").await?;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    let refused = ada().wire(Wire::Plain).connect().await.map(drop);
    assert!(matches!(refused, Err(ConnectError::Rejected { status: 503, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_stream_of_a_server_that_goes_is_told_when_to_come_back() -> Result<()> {
    let (salon, server) = serve(|it| it)?;
    let mut stream = EventStream::open(server.address(), &join("a"), ADA).await?;
    stream.named("salon:joined").await?;
    salon.shutdown(2 * SECOND).await;
    let bye = stream.named("salon:bye").await?;
    let after = bye.data[1]["retry"]["after_ms"].as_u64();
    assert_eq!((&bye.data[1]["code"], bye.retry), (&json!("shutting_down"), after));
    assert_eq!(stream.event().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_silent_stream_beats_and_a_server_behind_http_1_0_sends_the_same() -> Result<()> {
    let beat = Duration::from_millis(50);
    let (salon, server) = serve(|it| it.heartbeat(beat, beat))?;
    for version in ["1.0", "1.1"] {
        let target = join("a");
        let request = format!("GET {target} HTTP/{version}\r\nhost: localhost\r\n{ADA}\r\n");
        let mut stream = EventStream::ask(server.address(), &request).await?;
        assert_eq!(stream.head.contains("chunked"), version == "1.1", "{}", stream.head);
        stream.named("salon:joined").await?;
        for _ in 0..10 {
            assert_eq!(stream.data().await?, json!([]));
        }
    }
    gone(&salon).await
}

/// Waits until nobody is connected.
async fn gone(salon: &Salon) -> Result<()> {
    let all = async {
        while salon.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(tokio::time::timeout(10 * SECOND, all).await?)
}

#[tokio::test]
async fn clients_that_left_or_stopped_reading_end_with_their_sockets() -> Result<()> {
    let (salon, server) = serve(|it| it.heartbeat(SECOND / 4, SECOND / 4))?;
    let mut left = EventStream::open(server.address(), &join("a"), ADA).await?;
    left.named("salon:joined").await?;
    let mut stopped = EventStream::open(server.address(), &join("a"), ADA).await?;
    stopped.named("salon:joined").await?;
    drop(left);
    // More than sockets hold.
    let text = "x".repeat(500_000);
    for _ in 0..40 {
        say(&salon, "a", &text).await;
    }
    gone(&salon).await?;
    let port = server.address().port();
    let closed = async {
        while open_sockets(port)? > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    };
    tokio::time::timeout(10 * SECOND, closed).await?
}

/// How many sockets of that port this process has, beside the listening one.
fn open_sockets(port: u16) -> Result<usize> {
    let table = std::fs::read_to_string("/proc/self/net/tcp")?;
    let local = format!(":{port:04X}");
    let established = table.lines().filter(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        matches!(fields[..], [_, address, _, "01" | "08", ..] if address.ends_with(&local))
    });
    Ok(established.count())
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_stream() -> Result<()> {
    let (_, server) = serve(|it| it)?;
    for (method, target) in [
        ("GET", "/salon/events"),
        ("POST", "/salon/events"),
        ("POST", "/salon/call/count"),
        ("GET", "/salon"),
    ] {
        let request = Request::new(method, target).header("origin", "http://evil.example");
        let response =
            request.header("authorization", "Bearer token-ada").send(server.address()).await?;
        assert_eq!(response.status, 403, "{method} {target}: {}", response.text());
    }
    Ok(())
}

#[salon::test]
async fn a_stream_beside_others_has_its_own_lab_and_no_time_passes() {
    let lab: Lab = lab().await?;
    let visitor = lab.visitor().wire(Wire::EventStream).header("authorization", "Bearer token-ada");
    let client = visitor.connect().await?;
    for _ in 0..100 {
        lab.advance(25 * SECOND).await;
    }
    assert!(client.is_connected());
}
